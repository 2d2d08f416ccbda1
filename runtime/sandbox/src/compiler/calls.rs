//! The system calls that are left to a worker.
//!
//! Owns the list, and nothing but the list: what allocates, what threads need, reading standard input and
//! writing what was made. Everything else does not exist as far as the worker can tell, so that whoever
//! takes over the compiler holds a process that can compute, and answer.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// Gives up every other call, for all threads there are and will be.
///
/// # Errors
///
/// The kernel does not filter calls.
pub(super) fn give_up() -> io::Result<()> {
    let filter = program().map_err(io::Error::other)?;
    seccompiler::apply_filter_all_threads(&filter).map_err(io::Error::other)
}

fn program() -> Result<BpfProgram, seccompiler::BackendError> {
    let filter = SeccompFilter::new(
        allowed()?,
        // What the C library takes for an old kernel, and finds another way around.
        SeccompAction::Errno(libc::ENOSYS.unsigned_abs()),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    filter.try_into()
}

fn allowed() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut allowed: BTreeMap<i64, Vec<SeccompRule>> = [
        // Memory.
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        // Threads, and waiting for each other.
        libc::SYS_futex,
        libc::SYS_gettid,
        libc::SYS_rseq,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_set_robust_list,
        libc::SYS_sigaltstack,
        // Time and chance, where they are calls at all.
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_getrandom,
        // The end, by itself or by a signal: a call that failed and would be made again for ever.
        libc::SYS_rt_sigaction,
        libc::SYS_getpid,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ]
    .map(|call| (call, Vec::new()))
    .into();
    let [input, output, complaints] = [0, 1, 2].map(|stream| argument(0, SeccompCmpOp::Eq, stream));
    // Nothing that it maps can run: what it makes is for others.
    let runs = u64::from(libc::PROT_EXEC.unsigned_abs());
    let [mapped, protected] = [2, 2].map(|at| argument(at, SeccompCmpOp::MaskedEq(runs), 0));
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    let thread = argument(0, SeccompCmpOp::MaskedEq(thread), thread);
    let named = argument(
        0,
        SeccompCmpOp::Eq,
        u64::from(libc::PR_SET_NAME.unsigned_abs()),
    );
    let own = u64::from(std::process::id());
    let own = argument(0, SeccompCmpOp::Eq, own);
    for (call, rules) in [
        (libc::SYS_read, vec![input?]),
        (libc::SYS_write, vec![output?, complaints?]),
        (libc::SYS_mmap, vec![mapped?]),
        (libc::SYS_mprotect, vec![protected?]),
        // A thread of its own, never a process.
        (libc::SYS_clone, vec![thread?]),
        (libc::SYS_prctl, vec![named?]),
        // Whoever cannot abort goes on.
        (libc::SYS_tgkill, vec![own?]),
    ] {
        allowed.insert(call, rules);
    }
    Ok(allowed)
}

/// A rule about one argument.
fn argument(
    index: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, seccompiler::BackendError> {
    let condition = SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)?;
    SeccompRule::new(vec![condition])
}
