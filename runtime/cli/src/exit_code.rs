//! What the process's exit code means.
//!
//! Owns the numbers, one for each class of ending, so that a script can tell them apart without
//! reading words. They are part of the interface: a number never changes its meaning.

/// Everything went well. A reader of our output that went away early counts as well.
pub(crate) const OK: u8 = 0;
/// The demonstration found a limit that did not hold, a check found something, or the output could not
/// be written.
pub(crate) const FAILED: u8 = 1;
/// The command line makes no sense: an unknown option, a grant or a policy that cannot be used.
pub(crate) const USAGE: u8 = 2;
/// There is no such tool or function, or its bytes are not a usable component.
pub(crate) const TOOL: u8 = 3;
/// The arguments are not JSON, or not what the function's input schema accepts.
pub(crate) const ARGUMENTS: u8 = 4;
/// The tool ran and returned an error on purpose.
pub(crate) const TOOL_ERROR: u8 = 5;
/// The tool broke: a trap, an access out of bounds, an exit of its own.
pub(crate) const TRAPPED: u8 = 6;
/// A limit stopped the tool.
pub(crate) const LIMIT: u8 = 7;
/// Policy does not allow the call.
pub(crate) const DENIED: u8 = 8;
/// The host could not do its part. A fault of ours.
pub(crate) const HOST_FAULT: u8 = 9;
/// Too many calls at once; trying again later may work.
pub(crate) const OVERLOADED: u8 = 10;
/// The audit log is not as it was written.
pub(crate) const AUDIT_BROKEN: u8 = 11;
/// The audit log cannot be read, or cannot be written where a call may not go without a record.
pub(crate) const AUDIT: u8 = 12;
/// There is no such secret, or the vault cannot be opened or written.
pub(crate) const SECRET: u8 = 13;
/// There is no such approval, it is settled already, or the state cannot be read or written.
pub(crate) const STATE: u8 = 14;
/// The server was told to end, and cut calls that had not ended when its patience had.
pub(crate) const CUT: u8 = 15;
/// A tool could not be fetched, or is not what was asked for.
pub(crate) const FETCH: u8 = 16;
/// A tool is not signed by whoever has to have signed it.
pub(crate) const UNSIGNED: u8 = 17;
/// Stopped by a signal: 128 and the number of SIGINT, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// The table that `--help` shows.
///
/// It begins on the quote's own line: a backslash there would eat the first row's indentation.
pub(crate) const TABLE: &str = "   0  it went well
   1  the demonstration failed, a check found something, or the output could not be written
   2  usage: an unknown option, a grant or a policy that cannot be used
   3  no such tool or function, or it cannot be loaded
   4  the arguments are not JSON, or not what the function takes
   5  the tool returned an error
   6  the tool broke
   7  a limit stopped the tool
   8  policy does not allow the call
   9  the host failed
  10  too many calls at once: try again
  11  the audit log is not as it was written
  12  the audit log cannot be read or written
  13  no such secret, or the vault cannot be opened or written
  14  no such approval, it is settled already, or the state cannot be read or written
  15  the server ended before every call had
  16  a tool cannot be fetched or pushed, or what came is not what was asked for
  17  a tool is not signed by whoever has to have signed it
 130  interrupted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_line_in_the_help() {
        let lines: Vec<u8> = TABLE
            .lines()
            .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
            .collect();
        let codes = [
            OK,
            FAILED,
            USAGE,
            TOOL,
            ARGUMENTS,
            TOOL_ERROR,
            TRAPPED,
            LIMIT,
            DENIED,
            HOST_FAULT,
            OVERLOADED,
            AUDIT_BROKEN,
            AUDIT,
            SECRET,
            STATE,
            CUT,
            FETCH,
            UNSIGNED,
            INTERRUPTED,
        ];
        assert_eq!(lines, codes);
    }
}
