-- Buckets of the key-value store, and what they hold.
--
-- `bytes` and `keys` are what the entries come to: a quota is checked and kept in one transaction, without
-- adding up. `next` numbers entries in the order in which their keys came, for paging.
CREATE TABLE bucket (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BIGINT NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    keys BIGINT NOT NULL DEFAULT 0 CHECK (keys >= 0),
    next BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, name)
);

-- Keys are bytes: text would be sorted by the rules of a language, and not every database lets it hold a NUL.
CREATE TABLE bucket_entry (
    tenant TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key BYTEA NOT NULL,
    number BIGINT NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (tenant, bucket, key),
    UNIQUE (tenant, bucket, number),
    FOREIGN KEY (tenant, bucket) REFERENCES bucket (tenant, name) ON DELETE CASCADE
);
