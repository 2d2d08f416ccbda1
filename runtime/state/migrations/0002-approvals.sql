-- Calls that a person was asked about, and the answers. Times are milliseconds since 1970.
CREATE TABLE approval (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    principal TEXT NOT NULL,
    client TEXT NOT NULL,
    tool TEXT NOT NULL,
    digest TEXT NOT NULL,
    -- Caller, bytes, function and capabilities, as one digest.
    binding BYTEA NOT NULL,
    arguments BYTEA NOT NULL,
    -- What the person reads.
    capabilities TEXT NOT NULL,
    shown TEXT NOT NULL,
    -- asked, given, refused, used, revoked, expired
    state TEXT NOT NULL,
    -- once, until, unchanged: nothing while nobody has said yes.
    extent TEXT,
    -- 1 when a yes holds for other arguments, too.
    any_arguments BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- When the question, or a yes for a time, is worth nothing any more.
    ends_at BIGINT,
    decided_at BIGINT,
    decided_by TEXT,
    PRIMARY KEY (tenant, id)
);

CREATE INDEX approval_by_binding ON approval (tenant, principal, binding, state);
CREATE INDEX approval_by_state ON approval (state, asked_at);
