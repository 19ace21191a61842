//! What a program is for, by its name: what rate limits count.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// What a program is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Category {
    /// It takes files away for good.
    Destructive,
    /// It makes or changes files.
    FileWrite,
    /// It looks at files.
    FileRead,
    /// It talks to other machines.
    Network,
    /// It starts, watches or ends processes.
    ProcessControl,
    /// It installs software.
    Package,
    /// It is a version control system.
    Vcs,
    /// It builds software.
    Build,
    /// Nothing is known of it.
    Unknown,
}

/// The category of the program that the last part of the path `program` names.
pub fn categorize(program: &OsStr) -> Category {
    let path = program.as_bytes();
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    match name {
        b"rm" | b"rmdir" | b"shred" | b"truncate" | b"unlink" | b"wipefs" | b"blkdiscard" => {
            Category::Destructive
        }
        b"cp" | b"mv" | b"touch" | b"mkdir" | b"chmod" | b"chown" | b"chgrp" | b"ln"
        | b"install" | b"tee" | b"dd" | b"mkfs" | b"mknod" | b"mkfifo" | b"mktemp" | b"link"
        | b"setfacl" | b"chattr" | b"patch" | b"tar" | b"unzip" | b"zip" | b"gzip" | b"gunzip"
        | b"xz" | b"unxz" | b"zstd" | b"bzip2" | b"bunzip2" | b"split" | b"csplit" | b"cpio" => {
            Category::FileWrite
        }
        b"ls" | b"dir" | b"vdir" | b"cat" | b"tac" | b"find" | b"fd" | b"grep" | b"egrep"
        | b"fgrep" | b"rg" | b"head" | b"tail" | b"less" | b"more" | b"stat" | b"file" | b"wc"
        | b"sort" | b"uniq" | b"cut" | b"diff" | b"cmp" | b"comm" | b"du" | b"df" | b"tree"
        | b"readlink" | b"realpath" | b"basename" | b"dirname" | b"md5sum" | b"sha1sum"
        | b"sha256sum" | b"sha512sum" | b"cksum" | b"od" | b"xxd" | b"hexdump" | b"strings"
        | b"locate" | b"awk" | b"sed" | b"nl" | b"jq" | b"pwd" => Category::FileRead,
        b"curl" | b"wget" | b"ssh" | b"scp" | b"sftp" | b"rsync" | b"nc" | b"ncat" | b"netcat"
        | b"socat" | b"telnet" | b"ftp" | b"ping" | b"ping6" | b"traceroute" | b"tracepath"
        | b"dig" | b"host" | b"nslookup" | b"nmap" | b"ip" | b"ifconfig" | b"mosh" | b"aria2c" => {
            Category::Network
        }
        b"kill" | b"killall" | b"pkill" | b"pgrep" | b"ps" | b"top" | b"htop" | b"nice"
        | b"renice" | b"ionice" | b"nohup" | b"timeout" | b"setsid" | b"taskset" | b"chrt"
        | b"systemctl" | b"service" | b"shutdown" | b"reboot" | b"halt" | b"poweroff"
        | b"crontab" | b"at" | b"batch" | b"screen" | b"tmux" => Category::ProcessControl,
        b"apt" | b"apt-get" | b"aptitude" | b"dpkg" | b"yum" | b"dnf" | b"rpm" | b"zypper"
        | b"pacman" | b"apk" | b"brew" | b"snap" | b"flatpak" | b"npm" | b"npx" | b"pnpm"
        | b"yarn" | b"bun" | b"pip" | b"pip3" | b"pipx" | b"uv" | b"poetry" | b"conda" | b"gem"
        | b"bundle" | b"cargo" | b"mix" | b"hex" | b"composer" | b"nix" => Category::Package,
        b"git" | b"hg" | b"svn" | b"cvs" | b"fossil" | b"bzr" | b"jj" | b"gh" => Category::Vcs,
        b"make" | b"gmake" | b"cmake" | b"ninja" | b"meson" | b"gcc" | b"g++" | b"cc" | b"c++"
        | b"clang" | b"clang++" | b"ld" | b"as" | b"ar" | b"rustc" | b"go" | b"javac" | b"mvn"
        | b"gradle" | b"ant" | b"sbt" | b"bazel" | b"just" | b"tsc" | b"docker" => Category::Build,
        _ if name.starts_with(b"mkfs.") => Category::FileWrite,
        _ => Category::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_path_counts() {
        let check = |program: &str, expected| {
            assert_eq!(categorize(OsStr::new(program)), expected, "{program}");
        };
        check("rm", Category::Destructive);
        check("/usr/bin/rm", Category::Destructive);
        check("rm/", Category::Unknown);
        check("mkfs.ext4", Category::FileWrite);
        check("grep", Category::FileRead);
        check("./curl", Category::Network);
        check("kill", Category::ProcessControl);
        check("cargo", Category::Package);
        check("git", Category::Vcs);
        check("make", Category::Build);
        check("", Category::Unknown);
    }
}
