"""`check_wheel.py WHEEL`: judges a wheel by the specification, prints what it says of itself as JSON."""

import base64
import csv
import email
import hashlib
import io
import json
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    assert wheel.testzip() is None
    names = wheel.namelist()
    assert len(set(names)) == len(names), "a name twice"
    [info] = {name.split("/")[0] for name in names if ".dist-info/" in name}
    rows = list(csv.reader(io.StringIO(wheel.read(info + "/RECORD").decode())))
    assert sorted(row[0] for row in rows) == sorted(names), "RECORD names other files"
    for name, digest, size in rows:
        if name == info + "/RECORD":
            assert (digest, size) == ("", "")
            continue
        content = wheel.read(name)
        sha = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        assert (digest, int(size)) == ("sha256=" + sha, len(content)), name
    metadata = email.message_from_string(wheel.read(info + "/METADATA").decode())
    about = email.message_from_string(wheel.read(info + "/WHEEL").decode())
    assert not metadata.defects and not about.defects
    print(
        json.dumps(
            {
                "name": metadata["Name"],
                "version": metadata["Version"],
                "requires": metadata.get_all("Requires-Dist"),
                "tag": about["Tag"],
                "pure": about["Root-Is-Purelib"],
                "modes": sorted({oct(one.external_attr >> 16) for one in wheel.infolist()}),
                "times": sorted({"%d-%02d-%02d" % one.date_time[:3] for one in wheel.infolist()}),
                "files": names,
            }
        )
    )
