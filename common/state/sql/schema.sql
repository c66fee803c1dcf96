-- The state store's own tables. LangGraph's checkpoint tables live in the same schema and are made by LangGraph.
CREATE SCHEMA IF NOT EXISTS dbcrew;

CREATE TABLE IF NOT EXISTS dbcrew.issues (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title      text NOT NULL,
    body       text NOT NULL,
    author     text NOT NULL,
    labels     text[] NOT NULL DEFAULT '{}',
    marker     text NOT NULL,
    parent     bigint REFERENCES dbcrew.issues,
    open       boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- One open issue per marker: opening the same one twice, after a crash say, finds the first.
CREATE UNIQUE INDEX IF NOT EXISTS issues_open_marker ON dbcrew.issues (marker) WHERE open;
CREATE INDEX IF NOT EXISTS issues_parent ON dbcrew.issues (parent);

CREATE TABLE IF NOT EXISTS dbcrew.comments (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issue      bigint NOT NULL REFERENCES dbcrew.issues,
    author     text NOT NULL,
    marker     text NOT NULL,
    body       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (issue, marker)
);

CREATE TABLE IF NOT EXISTS dbcrew.cases (
    id          text PRIMARY KEY,
    origin      text NOT NULL,
    request     jsonb NOT NULL,
    status      text NOT NULL DEFAULT 'queued',
    detail      text NOT NULL DEFAULT '',
    report      jsonb,
    head        text NOT NULL DEFAULT repeat('0', 64),
    records     integer NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS dbcrew.evidence (
    case_id text NOT NULL REFERENCES dbcrew.cases (id),
    number  integer NOT NULL,
    key     text NOT NULL,
    record  text NOT NULL,
    PRIMARY KEY (case_id, number)
);
CREATE INDEX IF NOT EXISTS evidence_key ON dbcrew.evidence (case_id, key, number DESC);

CREATE TABLE IF NOT EXISTS dbcrew.store (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL
);
INSERT INTO dbcrew.store (version) VALUES (1) ON CONFLICT DO NOTHING;
