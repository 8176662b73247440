-- People an account knows, once each, whatever lists they are on. The key is the address as it is compared.
CREATE TABLE person (
  id              INTEGER PRIMARY KEY,
  uid             BLOB NOT NULL UNIQUE,
  account_id      INTEGER NOT NULL,
  address_key     TEXT NOT NULL,
  address         TEXT NOT NULL,
  unsubscribed_at INTEGER,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  UNIQUE (account_id, address_key)
);

-- Lists, which the e-mail API calls contact books. A removed one is invisible at once; its members go in pieces.
CREATE TABLE contact_list (
  id              INTEGER PRIMARY KEY,
  uid             BLOB NOT NULL UNIQUE,
  account_id      INTEGER NOT NULL,
  name            TEXT NOT NULL,
  emoji           TEXT NOT NULL,
  properties      TEXT,
  opt_in_enabled  INTEGER NOT NULL,
  opt_in_from     TEXT,
  opt_in_subject  TEXT,
  opt_in_content  TEXT,
  member_count    INTEGER NOT NULL,
  removed_at      INTEGER,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
);

CREATE INDEX contact_list_account ON contact_list (account_id, id) WHERE removed_at IS NULL;
CREATE INDEX contact_list_removed ON contact_list (removed_at) WHERE removed_at IS NOT NULL;

-- A person on a list. The key stands here again, so that a list is sorted and searched by address alone.
CREATE TABLE membership (
  id               INTEGER PRIMARY KEY,
  uid              BLOB NOT NULL UNIQUE,
  account_id       INTEGER NOT NULL,
  list_id          INTEGER NOT NULL,
  person_id        INTEGER NOT NULL,
  address_key      TEXT NOT NULL,
  state            INTEGER NOT NULL,
  first_name       TEXT,
  last_name        TEXT,
  properties       TEXT,
  subscribed_at    INTEGER,
  unsubscribed_at  INTEGER,
  reason           INTEGER,
  reason_text      TEXT,
  invitation       INTEGER NOT NULL,
  invite_at        INTEGER,
  invited_at       INTEGER,
  invite_failures  INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  updated_at       INTEGER NOT NULL,
  UNIQUE (list_id, address_key)
);

CREATE INDEX membership_page ON membership (list_id, id, state);
CREATE INDEX membership_person ON membership (person_id);
CREATE INDEX membership_invite ON membership (invite_at) WHERE invite_at IS NOT NULL;

CREATE TABLE membership_tag (
  membership_id INTEGER NOT NULL,
  tag           TEXT NOT NULL,
  account_id    INTEGER NOT NULL,
  list_id       INTEGER NOT NULL,
  PRIMARY KEY (membership_id, tag)
) WITHOUT ROWID;

CREATE INDEX membership_tag_list ON membership_tag (list_id, tag, membership_id);

-- How far an import has come; changes in one transaction with the members it made.
CREATE TABLE contact_import (
  job_id        BLOB PRIMARY KEY,
  account_id    INTEGER NOT NULL,
  list_id       INTEGER NOT NULL,
  position      INTEGER NOT NULL,
  report_bytes  INTEGER NOT NULL,
  rows          INTEGER NOT NULL,
  created       INTEGER NOT NULL,
  updated       INTEGER NOT NULL,
  failed        INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) WITHOUT ROWID;
