BEGIN TRANSACTION;
CREATE TABLE attachments(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            sha256 TEXT NOT NULL REFERENCES media(sha256),
            name TEXT NOT NULL DEFAULT '',
            meta TEXT NOT NULL DEFAULT '{}') STRICT;
INSERT INTO "attachments" VALUES(1,1,'screen','abababababababababababababababababababababababababababababababab','Screen 1','{"width": 2}');
CREATE TABLE conversations(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL DEFAULT '',
            named INTEGER NOT NULL DEFAULT 0,  -- the user chose the title
            pinned INTEGER NOT NULL DEFAULT 0,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            trashed REAL) STRICT;
INSERT INTO "conversations" VALUES(1,'What is on my screen?',0,1,1735689600.0,1735689660.0,NULL);
INSERT INTO "conversations" VALUES(2,'Einkaufsliste für Café',1,0,1735689700.0,1735689700.0,NULL);
INSERT INTO "conversations" VALUES(3,'thrown away',0,0,1735689800.0,1735689800.0,1735689900.0);
CREATE TABLE media(sha256 TEXT PRIMARY KEY, media_type TEXT NOT NULL, file TEXT NOT NULL) STRICT;
INSERT INTO "media" VALUES('abababababababababababababababababababababababababababababababab','image/png','ab/abababababababababababababababababababababababababababababababab.png');
CREATE TABLE messages(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            text TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL,
            created REAL NOT NULL,
            engine TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '',
            screen_text TEXT NOT NULL DEFAULT '',
            usage TEXT NOT NULL DEFAULT '{}',
            timings TEXT NOT NULL DEFAULT '{}',
            error TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "messages" VALUES(1,1,'user','What is on my screen?','sent',1735689600.0,'','','Total 42','{}','{}','');
INSERT INTO "messages" VALUES(2,1,'assistant','An invoice over 42 euros.

```py
print(1)
```','done',1735689660.0,'light','Qwen2.5-Coder 1.5B','','{"prompt_tokens": 7}','{"total": 1.5}','');
INSERT INTO "messages" VALUES(3,2,'user','Kaffee und 牛乳','draft',1735689700.0,'','','','{}','{}','');
INSERT INTO "messages" VALUES(4,2,'assistant','Half an ans','streaming',1735689710.0,'light','','','{}','{}','');
CREATE TABLE migrations(name TEXT PRIMARY KEY, applied REAL NOT NULL) STRICT;
INSERT INTO "migrations" VALUES('m001_conversations',1735689600.0);
INSERT INTO "migrations" VALUES('m002_media',1735689600.0);
CREATE INDEX conversations_shown ON conversations(pinned, updated) WHERE trashed IS NULL;
CREATE INDEX messages_of ON messages(conversation_id, id);
CREATE INDEX attachments_of ON attachments(message_id, id);
CREATE INDEX attachments_using ON attachments(sha256);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('conversations',3);
INSERT INTO "sqlite_sequence" VALUES('messages',4);
INSERT INTO "sqlite_sequence" VALUES('attachments',1);
COMMIT;
