"""Every error a user can meet, as one tree; each name says which boundary broke.

WhenwhatError
├── VideoError            the file cannot be used (unreadable, no picture, broken)
│   ├── VideoLimitError   the file is larger, longer or wider than the limits allow
│   └── VideoMissing      the file is not there, or not seen from the machine that is to read it
├── TranscriptError       a subtitle file or stream cannot be read
├── DatasetError          a file of labelled rows is missing, or a line of it is no row
├── BuildError            the folder a dataset is built in cannot be used
├── MissingDependency     an optional package that was asked for by name is not installed
├── EngineError           the processes or machines that do the work cannot be had, or die
├── PluginError           a subcommand is installed but cannot be loaded
├── SpecError             a model, encoder, decoder or grounder was named in a way that means nothing
├── ModelError            a model was named rightly but cannot be loaded or run
│   └── BackendError      a model server refused, failed or answered nonsense
│       └── RequestRefused  this one request was refused; others may pass
├── CapReached            as many requests, or as much money, as the user allows have been spent
└── LibraryError          the index library cannot be used
    ├── IndexMissing      the video (or its track) has not been indexed
    ├── IndexCorrupt      stored arrays and the database disagree
    └── EncoderMismatch   the index was made by another encoder

A reply that cannot be read is data (`Reply.status == "failed"`), not an error.
Every message holds three things: what came in, what is allowed, what to do.
"""


class WhenwhatError(Exception):
    """The root: catch this to show a message instead of a traceback."""


class VideoError(WhenwhatError):
    """A video file cannot be used."""


class VideoLimitError(VideoError):
    """A video file is over a limit of `grounder.video.Limits`."""


class VideoMissing(VideoError):
    """A video file is not there, or not seen from the machine that is to read it."""


class TranscriptError(WhenwhatError):
    """A subtitle file or stream cannot be read."""


class DatasetError(WhenwhatError):
    """A file of labelled rows is missing, or a line of it is no row."""


class BuildError(WhenwhatError):
    """The folder a dataset is built in cannot be used (full, read-only, in use), or nothing can be built."""


class MissingDependency(WhenwhatError):
    """An optional package that was asked for by name is not installed."""


class EngineError(WhenwhatError):
    """The processes or machines that are to do the work cannot be reached, or die on every job."""


class PluginError(WhenwhatError):
    """A subcommand is installed but cannot be loaded, or two packages offer it."""


class SpecError(WhenwhatError):
    """A model, encoder, decoder or grounder name that cannot be understood."""


class ModelError(WhenwhatError):
    """A model that was named rightly cannot be loaded or run."""


class BackendError(ModelError):
    """A model server refused, failed or answered nonsense."""


class RequestRefused(BackendError):
    """A model server refuses one request for what is in it (its size, its content); others may pass."""


class CapReached(WhenwhatError):
    """The next request to a model might cross a limit that the user set."""


class LibraryError(WhenwhatError):
    """The index library cannot be used."""


class IndexMissing(LibraryError):
    """The video, or the track that was asked for, has not been indexed."""


class IndexCorrupt(LibraryError):
    """Stored arrays and the database disagree."""


class EncoderMismatch(LibraryError):
    """The index was made by another encoder than the one asked for."""
