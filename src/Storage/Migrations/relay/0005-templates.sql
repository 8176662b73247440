-- Templates. The row names the current version; content stands with the versions only.
CREATE TABLE template (
  id         INTEGER PRIMARY KEY,
  uid        BLOB NOT NULL UNIQUE,
  account_id INTEGER NOT NULL,
  name       TEXT NOT NULL,
  version    INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (account_id, name)
);

CREATE INDEX template_newest ON template (account_id, id);

-- The declared variables are a JSON object of names and defaults.
CREATE TABLE template_version (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL,
  template_id INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  name        TEXT NOT NULL,
  subject     TEXT,
  html        TEXT,
  text        TEXT,
  variables   TEXT,
  is_strict   INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  UNIQUE (template_id, version)
);
