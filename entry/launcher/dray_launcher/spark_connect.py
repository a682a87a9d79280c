"""Spark with its Connect endpoint in one Java process, for one client that knows the token."""

import os
import secrets
import shutil
import subprocess
import sys
import threading

from .launch_error import LaunchError
from .spark_jars import jar_settings, needs_interceptor
from .stopped import held

PLUGIN = "org.apache.spark.sql.connect.SparkConnectPlugin"
INTERCEPTOR = "dray.ConnectTokenInterceptor"
SERVICE = "org.apache.spark.sql.connect.service.SparkConnectService$"
ERROR_LOGGER = "org.apache.spark.sql.connect.utils.ErrorUtils"
DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"

#: An orderly end takes about a second; after this long Java is killed.
STOP_LIMIT_S = 15

INSTALL = "pip install pyspark, or run this under spark-submit"


class SparkConnect:
    """Starts in __enter__, ends in __exit__.

    A token never stands in the arguments of a process: Java gets it through py4j.

    settings: further Spark settings; port: 0 for a free one; cwd: Java's folder, where Spark 3.5
    leaves one named artifacts.
    """

    def __init__(self, env, settings=None, port=0, cwd=None):
        self._env = env
        self._settings = settings or {}
        self._port = port
        self._cwd = cwd
        self._gateway = None
        self._context = None
        self.java_pid = None
        self.version = None
        self.remote = None

    def __enter__(self):
        pyspark = _import_pyspark()
        self.version = pyspark.__version__
        _check_java(self._env)
        try:
            self._start(pyspark)
        except LaunchError:
            self.__exit__()
            raise
        except Exception as error:  # py4j and pyspark have no common class of errors
            reason = _first_line(error)  # asks Java
            self.__exit__()
            raise LaunchError(
                "SPARK_NOT_STARTED",
                "Spark %s did not start: %s" % (self.version, reason),
                "Spark's own messages are above; is Java 17 or newer on PATH or in JAVA_HOME?",
            ) from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """Never raises: Spark may be gone already."""
        if self._gateway is None:
            return
        java = self._gateway.proc
        if java is None:
            self._stop_context()
            return
        # Java ends itself, in order, when its input ends. It does so too when we are killed.
        java.stdin.close()
        try:
            java.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            java.kill()
            java.wait()

    def wait(self):
        """Waits for the end of the Java process that this one has started; its exit code."""
        return self._gateway.proc.wait()

    def _start(self, pyspark):
        from pyspark.java_gateway import launch_gateway

        home = _spark_home()
        os.environ.setdefault("SPARK_HOME", home)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        # Spark's own progress bar would write over ours.
        quiet = {"spark.ui.showConsoleProgress": "false"}
        jars = jar_settings(self.version, home, self._env)
        before = _Pairs({**quiet, **jars, **self._settings})
        # Java prints on our stderr, since stdout is for the result line alone; a session of its
        # own keeps signals to our process group away from it, so that we end it in order.
        popen = {"stdout": sys.stderr, "start_new_session": True, "cwd": self._cwd}
        # Cut short, launch_gateway would leave Java behind.
        with held():
            self._gateway = launch_gateway(before, popen)
        if self._gateway.proc is not None:
            self.java_pid = self._gateway.proc.pid
        jvm = self._gateway.jvm
        conf = pyspark.SparkConf(_jvm=jvm)
        token = secrets.token_urlsafe(32)
        self._configure(conf, jvm, token)
        self._context = pyspark.SparkContext(conf=conf, gateway=self._gateway)
        _make_session()
        _quiet_connect(jvm)
        port = getattr(getattr(jvm, SERVICE), "MODULE$").localPort()
        self.remote = "sc://127.0.0.1:%d/;token=%s" % (port, token)

    def _configure(self, conf, jvm, token):
        if not _has_class(jvm, PLUGIN):
            raise LaunchError(
                "SPARK_MISSING",
                "Spark %s has no Connect: the jar spark-connect is missing" % self.version,
                "give spark-submit --packages org.apache.spark:spark-connect_2.12:%s"
                % self.version,
            )
        _append(conf, "spark.plugins", PLUGIN)
        conf.set("spark.api.mode", "classic")
        conf.set("spark.connect.grpc.binding.port", str(self._port))
        if needs_interceptor(self.version):
            if not _has_class(jvm, INTERCEPTOR):
                raise LaunchError(
                    "SPARK_MISSING",
                    "Connect of Spark %s would be open to everybody: our jar is missing"
                    % self.version,
                    "give spark-submit --jars dray_launcher/connect-token-interceptor.jar",
                )
            jvm.java.lang.System.setProperty("dray.connect.token", token)
            _append(conf, "spark.connect.grpc.interceptor.classes", INTERCEPTOR)
        else:
            conf.set("spark.connect.grpc.binding.address", "127.0.0.1")
            conf.set("spark.connect.authenticate.token", token)
        # The default of Hadoop 3.5 does not notice that an object was replaced.
        conf.setIfMissing("spark.hadoop.fs.s3a.input.stream.type", "classic")
        if conf.get("spark.master", "local[*]").startswith("local"):
            # Nobody else takes part: nothing has to listen on the network.
            conf.setIfMissing("spark.driver.host", "127.0.0.1")
            conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1")
        if _has_class(jvm, DELTA_EXTENSION):
            _append(conf, "spark.sql.extensions", DELTA_EXTENSION)
            conf.setIfMissing("spark.sql.catalog.spark_catalog", DELTA_CATALOG)

    def _stop_context(self):
        """Under spark-submit Java is not ours to end: it does when this process has ended."""
        if self._context is None:
            return
        stopping = threading.Thread(target=_quietly, args=(self._context.stop,), daemon=True)
        stopping.start()
        stopping.join(STOP_LIMIT_S)


class _Pairs:
    """What launch_gateway asks of a SparkConf, before there is a Java process to make one."""

    def __init__(self, settings):
        self._settings = settings

    def getAll(self):  # noqa: N802 (pyspark's name)
        return list(self._settings.items())


def _import_pyspark():
    try:
        import pyspark
        from pyspark import java_gateway  # noqa: F401 (pyspark-client has none)
    except ImportError as error:
        raise LaunchError(
            "SPARK_MISSING", "there is no pyspark in %s: %s" % (sys.executable, error), INSTALL
        ) from error
    return pyspark


def _check_java(env):
    """Spark would only say that its gateway exited."""
    if "PYSPARK_GATEWAY_PORT" in env:
        return
    home = env.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    if shutil.which(java) is None:
        raise LaunchError(
            "SPARK_MISSING",
            'Spark needs Java, and there is none: "%s" is not a program' % java,
            "install Java 17 and put it on PATH or into JAVA_HOME",
        )


def _spark_home():
    from pyspark.find_spark_home import _find_spark_home

    return _find_spark_home()


def _quiet_connect(jvm):
    """Connect logs the Java stack of every error that its client is told, and tells, anyway."""
    if not _has_class(jvm, "org.apache.logging.log4j.core.config.Configurator"):
        return
    log4j = jvm.org.apache.logging.log4j
    log4j.core.config.Configurator.setLevel(ERROR_LOGGER, log4j.Level.OFF)


def _make_session():
    """Connect derives its sessions from the one that the driver has."""
    from pyspark.sql import SparkSession

    SparkSession.builder.getOrCreate()


def _has_class(jvm, name):
    try:
        jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(name)
    except Exception:  # py4j wraps ClassNotFoundException in its own
        return False
    return True


def _append(conf, name, value):
    """Adds to a comma list that the platform may have begun."""
    values = [one for one in conf.get(name, "").split(",") if one]
    conf.set(name, ",".join(values if value in values else values + [value]))


def _quietly(stop):
    try:
        stop()
    except Exception:  # Spark is gone: what we wanted
        pass


def _first_line(error):
    java = getattr(error, "java_exception", None)
    try:
        text = str(error) if java is None else str(java.toString())
    except Exception:  # Java is gone
        text = ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
