-- Version 4: sites, and several injuries at once.

-- Where the packs lay. NULL: recorded before there were sites, so it counts everywhere.
ALTER TABLE session ADD COLUMN site TEXT;
-- Where the pain was. NULL: not known.
ALTER TABLE pain ADD COLUMN site TEXT;
-- NULL: set before there were sites, so it touches every site. Without a time: `injury none`, which is about the whole
-- body when the site is NULL.
ALTER TABLE injury ADD COLUMN site TEXT;
-- When it was replaced or cleared. NULL: it is current.
ALTER TABLE injury ADD COLUMN over_ms INTEGER;
-- Only the last injury was current, unless it was cleared by a row without a time.
UPDATE injury SET over_ms = coalesce(
        (SELECT next.noted_ms FROM injury AS next WHERE next.id > injury.id ORDER BY next.id LIMIT 1), noted_ms)
    WHERE happened_ms IS NULL OR id < (SELECT max(id) FROM injury);
CREATE INDEX injury_current ON injury(id) WHERE over_ms IS NULL;
