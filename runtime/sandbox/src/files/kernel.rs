//! What looks like files and is the kernel.
//!
//! Owns telling it from disks by what the system says it is, wherever it is mounted and whatever it is
//! called. Refuses to know paths.

use std::fs::File;

/// File systems that show or change what the kernel and other processes do, by the number by which Linux
/// knows them. `/dev` itself is an ordinary one and known by its path.
#[cfg(target_os = "linux")]
const KERNELS: [u64; 14] = [
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0x6265_6570, // configfs
    0x0000_1cd1, // devpts
    0xcafe_4a11, // bpf
    0xde5e_81e4, // efivarfs
    0x6e73_6673, // nsfs
    0xf97c_ff8c, // selinuxfs
    0x4249_4e4d, // binfmt_misc
];

/// Whether what was opened is the kernel's.
#[cfg(target_os = "linux")]
pub(super) fn is_one(opened: &File) -> bool {
    let Ok(system) = rustix::fs::fstatfs(opened) else {
        // What cannot be told is not handed out.
        return true;
    };
    // The width and the sign of the number depend on the machine; its 32 bits do not.
    let number = u64::from(u32::try_from(system.f_type & 0xffff_ffff).unwrap_or(u32::MAX));
    KERNELS.contains(&number)
}

/// Whether what was opened is the kernel's. Other systems have no such files.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_one(_opened: &File) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_known_by_what_it_is() {
        for path in ["/proc", "/proc/self", "/sys"] {
            assert!(is_one(&File::open(path).unwrap()), "{path}");
        }
        let disk = tempfile::tempdir().unwrap();
        assert!(!is_one(&File::open(disk.path()).unwrap()));
    }
}
