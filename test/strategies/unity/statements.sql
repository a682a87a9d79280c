CREATE TABLE IF NOT EXISTS `main`.`sales`.`promotions` USING DELTA LOCATION 's3://lake/promotions';
COMMENT ON TABLE `main`.`sales`.`promotions` IS 'it\'s \\ "quoted", `ticked`; \u0024{not} a -- comment\nof two lines';
ALTER TABLE `main`.`sales`.`promotions` ALTER COLUMN `week` COMMENT 'week of the promotion, 1 to 53; week 1 begins on 2016-12-26';
ALTER TABLE `main`.`sales`.`promotions` SET TAGS ('Cost Center' = 'retail', 'it\'s \\ "quoted", `ticked`; \u0024{not} a -- comment\nof two lines' = 'it\'s \\ "quoted", `ticked`; \u0024{not} a -- comment\nof two lines');
GRANT SELECT ON TABLE `main`.`sales`.`promotions` TO `data``s readers`;
GRANT APPLY TAG ON TABLE `main`.`sales`.`promotions` TO `data``s readers`;
GRANT ALL PRIVILEGES ON TABLE `main`.`sales`.`promotions` TO `owner@example.com`;
OPTIMIZE `main`.`sales`.`promotions`;
