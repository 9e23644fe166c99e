"""The tables of a library, as migrations: step n takes a database from version n to n + 1."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE videos (
            id TEXT PRIMARY KEY,            -- hex SHA-256 of the file
            duration REAL NOT NULL,         -- seconds, as the container declares it
            usable_end REAL NOT NULL,       -- seconds that can be decoded
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            frame_rate REAL NOT NULL,
            codec TEXT NOT NULL,
            container TEXT NOT NULL,
            has_audio INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE paths (
            path TEXT PRIMARY KEY,          -- absolute
            video_id TEXT NOT NULL,         -- no reference: a file is hashed before it is opened
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX paths_by_video ON paths (video_id)",
        """CREATE TABLE tracks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice: it names a folder
            video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('full', 'keyframes')),
            encoder TEXT NOT NULL,
            dim INTEGER NOT NULL,
            rate REAL NOT NULL,             -- sampled frames per second
            detector TEXT NOT NULL,
            decoder TEXT NOT NULL,
            versions TEXT NOT NULL,         -- JSON object: package -> version
            done INTEGER NOT NULL DEFAULT 0,
            warnings TEXT NOT NULL DEFAULT '[]'
        ) STRICT""",
        """CREATE UNIQUE INDEX tracks_by_plan
            ON tracks (video_id, kind, encoder, rate, detector, decoder)""",
        """CREATE TABLE chunks (
            track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            end_time REAL NOT NULL,         -- seconds; everything before it is stored
            rows INTEGER NOT NULL,          -- embeddings up to here, from the first chunk on
            settled REAL NOT NULL,          -- seconds; cuts before it are final and stored
            checksum INTEGER NOT NULL,      -- CRC-32 of this chunk's vectors, then times
            PRIMARY KEY (track_id, number)
        ) STRICT""",
        """CREATE TABLE cuts (
            track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
            time REAL NOT NULL,
            PRIMARY KEY (track_id, time)
        ) STRICT""",
        """CREATE TABLE scenes (
            track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
            start REAL NOT NULL,
            end REAL NOT NULL,
            PRIMARY KEY (track_id, start)
        ) STRICT""",
        """CREATE TABLE transcripts (
            id INTEGER PRIMARY KEY,
            video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
            source TEXT NOT NULL,           -- absolute path of a sidecar, or 'stream:N'
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            warnings TEXT NOT NULL,         -- JSON list
            encoder TEXT NOT NULL,          -- made the vectors
            vectors BLOB NOT NULL,          -- float16, one row for each line
            UNIQUE (video_id, source)
        ) STRICT""",
        """CREATE TABLE lines (
            transcript_id INTEGER NOT NULL REFERENCES transcripts (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            start REAL NOT NULL,
            end REAL NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (transcript_id, number)
        ) STRICT""",
    ),
)

VERSION = len(MIGRATIONS)
