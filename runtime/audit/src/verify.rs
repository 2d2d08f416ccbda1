//! Whether a log is whole.
//!
//! Owns the walk over all files, and the word for the first thing that is wrong and where. Needs the
//! key, and memory for one line.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::folder::{ReadError, name, numbers_of_log};
use crate::head::{self, Found, HEAD_FILE, Head};
use crate::key::Key;
use crate::lines::{Line, Lines};
use crate::link::{Mark, event, unseal};
use crate::note::{DAMAGED, INCIDENTS};

/// How much of the log is read at once.
const READ_BYTES: usize = 256 * 1024;

/// Incidents that are reported. Bounds what a log full of them makes us hold; the rest are counted.
const INCIDENTS_MAX: usize = 100;

/// What to verify.
///
/// Defaults: the whole log, from the first record that there ever was to the one that the head names.
#[derive(Debug, Clone, Default)]
pub struct Verify {
    /// Begin with this record instead of the first: older files were moved away, or what is wrong
    /// before it is known.
    pub from: Option<u64>,
    /// A mark that was kept elsewhere: the log must have this record, with this hash. Without one, a
    /// copy of the whole folder that is put back later cannot be told from the original.
    pub mark: Option<Mark>,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The head is missing or not ours, or was once: whether records were cut off cannot be known.
    AnchorLost,
    /// A line is not as it was written.
    Edited,
    /// Records are gone.
    Missing,
    /// Records are there, in another order or more than once.
    Reordered,
    /// A record is ours, and another was in its place before: an older copy was put back.
    Replaced,
    /// A line was not finished: a process was killed, and nobody has opened the log since.
    Torn,
    /// The end of the log is gone.
    Truncated,
}

impl Kind {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::AnchorLost => "the anchor is lost",
            Self::Edited => "edited",
            Self::Missing => "records are missing",
            Self::Reordered => "reordered",
            Self::Replaced => "replaced",
            Self::Torn => "torn",
            Self::Truncated => "truncated",
        }
    }
}

/// A line of a file of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u64,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What.
    pub kind: Kind,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The record that should be there.
    pub seq: u64,
}

/// Something that the log says happened to itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// What: `torn`, `gap` or `damaged`.
    pub event: &'static str,
    /// Where it says so.
    #[serde(flatten)]
    pub place: Place,
}

/// What is known of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Files that were read.
    pub files: usize,
    /// Records that were proved.
    pub records: u64,
    /// The last of them.
    pub last: Mark,
    /// The first thing that is wrong. Nothing when the log is whole.
    pub fault: Option<Fault>,
    /// What the log says happened to itself, the first of them.
    pub incidents: Vec<Incident>,
    /// How many of those there are.
    pub incidents_total: u64,
}

/// Verifies the log in `folder`.
///
/// Processes may write to it meanwhile: what they had written at the beginning is verified.
///
/// # Errors
///
/// There is no log, it cannot be read, or its key is gone.
pub fn verify(folder: &Path, options: &Verify) -> Result<Report, ReadError> {
    let snapshot = Snapshot::take(folder)?;
    let mut walk = Walk::new(options, snapshot.key.clone());
    let fault = walk.all(&snapshot)?;
    Ok(Report {
        files: snapshot.files.len(),
        records: walk.records,
        last: walk.mark,
        fault,
        incidents: walk.incidents,
        incidents_total: walk.incidents_total,
    })
}

/// A log at one moment.
struct Snapshot {
    key: Key,
    head: Found,
    head_path: PathBuf,
    files: Vec<Part>,
}

/// One file of it, as long as it was.
struct Part {
    number: u64,
    path: PathBuf,
    length: u64,
}

impl Snapshot {
    fn take(folder: &Path) -> Result<Self, ReadError> {
        numbers_of_log(folder)?;
        let key = Key::read(folder)
            .map_err(ReadError::io(folder))?
            .ok_or_else(|| ReadError::KeyAbsent(folder.to_owned()))?;
        let head_path = folder.join(HEAD_FILE);
        let (head, _lock) = match File::open(&head_path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Found::Empty, None),
            Err(error) => return Err(ReadError::io(&head_path)(error)),
            Ok(mut file) => {
                // While it is held nobody writes. Where the file system has no locks, a writer may be
                // between two lines; the worst is a torn line that is none.
                let _ = file.lock_shared();
                let head = head::read(&mut file, &key).map_err(ReadError::io(&head_path))?;
                (head, Some(file))
            }
        };
        let mut files = Vec::new();
        for number in numbers_of_log(folder)? {
            let path = folder.join(name(number));
            let metadata = std::fs::metadata(&path).map_err(ReadError::io(&path))?;
            files.push(Part {
                number,
                path,
                length: metadata.len(),
            });
        }
        Ok(Self {
            key,
            head,
            head_path,
            files,
        })
    }
}

/// Where in the chain a walk is.
struct Walk<'v> {
    options: &'v Verify,
    key: Key,
    mark: Mark,
    /// Whether records are proved already, or skipped until the first that is asked for.
    begun: bool,
    records: u64,
    incidents: Vec<Incident>,
    incidents_total: u64,
}

impl<'v> Walk<'v> {
    fn new(options: &'v Verify, key: Key) -> Self {
        Self {
            options,
            key,
            mark: Mark::NONE,
            begun: options.from.is_none(),
            records: 0,
            incidents: Vec::new(),
            incidents_total: 0,
        }
    }

    /// Walks over all files: the first thing that is wrong.
    fn all(&mut self, snapshot: &Snapshot) -> Result<Option<Fault>, ReadError> {
        let mut place = None;
        for (index, part) in snapshot.files.iter().enumerate() {
            let fault = self.file(snapshot, index, part, &mut place);
            if let Some(fault) = fault.map_err(ReadError::io(&part.path))? {
                return Ok(Some(fault));
            }
        }
        let end = place.unwrap_or_else(|| Place {
            file: snapshot.head_path.clone(),
            line: 1,
        });
        Ok(self.end(snapshot, end))
    }

    /// Walks over one file. `next` becomes the place behind its last line.
    fn file(
        &mut self,
        snapshot: &Snapshot,
        index: usize,
        part: &Part,
        next: &mut Option<Place>,
    ) -> io::Result<Option<Fault>> {
        let file = File::open(&part.path)?.take(part.length);
        let mut lines = Lines::new(BufReader::with_capacity(READ_BYTES, file));
        let mut place = Place {
            file: part.path.clone(),
            line: 0,
        };
        while let Some(line) = lines.next()? {
            place.line += 1;
            let seq = self.next();
            let kind = match self.line(&line, &place) {
                Ok(()) => continue,
                Err(Wrong::NotOurs) if line.ended => Kind::Edited,
                Err(Wrong::NotOurs) => unfinished(snapshot, part, &self.mark),
                Err(Wrong::AnchorLost) => Kind::AnchorLost,
                Err(Wrong::Replaced) => Kind::Replaced,
                Err(Wrong::Repeated) => Kind::Reordered,
                Err(Wrong::Skipped) => {
                    if is_later(snapshot, index, self.next())? {
                        Kind::Reordered
                    } else {
                        Kind::Missing
                    }
                }
            };
            return Ok(Some(Fault { kind, place, seq }));
        }
        place.line += 1;
        *next = Some(place);
        Ok(None)
    }

    /// Proves one line.
    fn line(&mut self, line: &Line<'_>, place: &Place) -> Result<(), Wrong> {
        let sealed = unseal(&self.key, line.bytes).filter(|_| line.ended);
        if !self.begun {
            match sealed {
                Some(sealed) if Some(sealed.mark.seq) == self.options.from => self.begun = true,
                _ => return Ok(()),
            }
        } else if let Some(sealed) = &sealed
            && !sealed.follows(&self.mark)
        {
            return Err(match sealed.mark.seq.cmp(&self.next()) {
                std::cmp::Ordering::Less => Wrong::Repeated,
                std::cmp::Ordering::Equal => Wrong::Replaced,
                std::cmp::Ordering::Greater => Wrong::Skipped,
            });
        }
        let sealed = sealed.ok_or(Wrong::NotOurs)?;
        self.mark = sealed.mark;
        if let Some(kept) = &self.options.mark
            && kept.seq == self.mark.seq
            && kept.hash != self.mark.hash
        {
            return Err(Wrong::Replaced);
        }
        self.records += 1;
        self.incident(sealed.body, place)
    }

    /// Whether the log ends where it should.
    fn end(&self, snapshot: &Snapshot, place: Place) -> Option<Fault> {
        if !self.begun {
            return Some(Fault {
                kind: Kind::Missing,
                place,
                seq: self.options.from.unwrap_or(1),
            });
        }
        let Found::Valid(head) = snapshot.head else {
            let lost = Place {
                file: snapshot.head_path.clone(),
                line: 1,
            };
            return Some(self.fault(Kind::AnchorLost, lost));
        };
        let kept = self.options.mark.map_or(0, |mark| mark.seq);
        let short = self.mark.seq < head.mark.seq || self.mark.seq < kept;
        short.then(|| self.fault(Kind::Truncated, place))
    }

    fn incident(&mut self, body: &[u8], place: &Place) -> Result<(), Wrong> {
        let event = event(body);
        let Some(event) = INCIDENTS.iter().find(|word| word.as_bytes() == event) else {
            return Ok(());
        };
        self.incidents_total += 1;
        if self.incidents.len() < INCIDENTS_MAX {
            self.incidents.push(Incident {
                event,
                place: place.clone(),
            });
        }
        // The chain went on after a record that could be proved; whether others came after it then,
        // nobody knows. Who has looked into it begins behind.
        let asked_for = self.options.from == Some(self.mark.seq);
        if *event == DAMAGED && !asked_for {
            return Err(Wrong::AnchorLost);
        }
        Ok(())
    }

    fn fault(&self, kind: Kind, place: Place) -> Fault {
        Fault {
            kind,
            place,
            seq: self.next(),
        }
    }

    fn next(&self) -> u64 {
        self.mark.seq.saturating_add(1)
    }
}

/// What is wrong with a line.
enum Wrong {
    AnchorLost,
    NotOurs,
    Repeated,
    Replaced,
    Skipped,
}

/// What a last line without an end is.
fn unfinished(snapshot: &Snapshot, part: &Part, mark: &Mark) -> Kind {
    match snapshot.head {
        Found::Valid(Head {
            file,
            offset,
            mark: anchored,
            ..
        }) => {
            if mark.seq >= anchored.seq {
                Kind::Torn
            } else if file == part.number && part.length >= offset {
                Kind::Edited
            } else {
                Kind::Truncated
            }
        }
        Found::Empty | Found::Foreign => Kind::Truncated,
    }
}

/// Whether record `seq` stands anywhere from file `index` on.
fn is_later(snapshot: &Snapshot, index: usize, seq: u64) -> io::Result<bool> {
    for part in snapshot.files.iter().skip(index) {
        let file = File::open(&part.path)?.take(part.length);
        let mut lines = Lines::new(BufReader::with_capacity(READ_BYTES, file));
        while let Some(line) = lines.next()? {
            if unseal(&snapshot.key, line.bytes).is_some_and(|sealed| sealed.mark.seq == seq) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
