//! The options of well-known tools.
//!
//! A table is [`Listing::Whole`] only where it has every long option of the tool, so that an
//! abbreviation is what the tool takes it for. What a version of a tool adds later is not listed, and so
//! leaves the words after it in doubt.

use super::{Listing, Operands, Order, Style, Subcommand, Syntax};

/// All options of a tool, anywhere.
const fn whole(options: &'static str) -> Syntax {
    Syntax {
        options,
        order: Order::Permuted,
        style: Style::Gnu,
        listing: Listing::Whole,
    }
}

/// The common options of a tool, anywhere.
const fn part(options: &'static str) -> Syntax {
    Syntax {
        options,
        order: Order::Permuted,
        style: Style::Gnu,
        listing: Listing::Part,
    }
}

/// The options of a tool in front of its first operand.
const fn in_front(options: &'static str) -> Syntax {
    Syntax {
        options,
        order: Order::OperandEnds,
        style: Style::Gnu,
        listing: Listing::Part,
    }
}

/// The options of a tool with subcommands that has its own only in front of them.
const fn tool(options: &'static str, subcommands: &'static [Subcommand]) -> Syntax {
    let order = Order::Subcommand(subcommands);
    Syntax {
        options,
        order,
        style: Style::Gnu,
        listing: Listing::Part,
    }
}

/// The options of a tool with subcommands that has its own anywhere.
const fn tool_anywhere(options: &'static str, subcommands: &'static [Subcommand]) -> Syntax {
    let order = Order::SubcommandAnywhere(subcommands);
    Syntax {
        options,
        order,
        style: Style::Gnu,
        listing: Listing::Part,
    }
}

/// The same, with options of one dash.
const fn single_dash(options: &'static str, subcommands: &'static [Subcommand]) -> Syntax {
    let order = Order::Subcommand(subcommands);
    Syntax {
        options,
        order,
        style: Style::SingleDash,
        listing: Listing::Part,
    }
}

const fn sub(names: &'static str, options: &'static str) -> Subcommand {
    Subcommand {
        names,
        options,
        operands: Operands::Permuted,
    }
}

/// A subcommand that takes a command after its first operand.
const fn runs(names: &'static str, options: &'static str) -> Subcommand {
    Subcommand {
        names,
        options,
        operands: Operands::EndOptions,
    }
}

/// The syntax of the tool that is called `name`.
pub(super) fn find(name: &[u8]) -> Option<&'static Syntax> {
    Some(match name {
        b"apt" | b"apt-get" | b"apt-cache" | b"aptitude" => &APT,
        b"aws" => &AWS,
        b"awk" | b"gawk" | b"mawk" | b"nawk" | b"original-awk" => &AWK,
        b"basename" => &BASENAME,
        b"cargo" => &CARGO,
        b"cat" => &CAT,
        b"blkdiscard" => &BLKDISCARD,
        b"chgrp" | b"chown" => &CHOWN,
        b"chmod" => &CHMOD,
        b"cp" => &CP,
        b"curl" => &CURL,
        b"cut" => &CUT,
        b"date" => &DATE,
        b"dd" => &DD,
        b"df" => &DF,
        b"diff" => &DIFF,
        b"dnf" | b"yum" => &DNF,
        b"docker" | b"podman" | b"nerdctl" => &DOCKER,
        b"dpkg" => &DPKG,
        b"du" => &DU,
        b"echo" => &ECHO,
        b"find" | b"gfind" => &FIND,
        b"gh" => &GH,
        b"git" => &GIT,
        b"go" => &GO,
        b"grep" | b"egrep" | b"fgrep" | b"zgrep" => &GREP,
        b"gzip" | b"gunzip" | b"zcat" => &GZIP,
        b"head" => &HEAD,
        b"helm" => &HELM,
        b"hg" => &HG,
        b"install" => &INSTALL,
        b"journalctl" => &JOURNALCTL,
        b"kill" => &KILL,
        b"killall" => &KILLALL,
        b"kubectl" | b"oc" => &KUBECTL,
        b"ln" => &LN,
        b"ls" | b"dir" | b"vdir" => &LS,
        b"make" | b"gmake" => &MAKE,
        b"mkdir" => &MKDIR,
        b"mkfs" => &MKFS,
        b"mktemp" => &MKTEMP,
        b"mount" => &MOUNT,
        b"mv" => &MV,
        b"npm" => &NPM,
        b"pip" | b"pip3" => &PIP,
        b"pkill" | b"pgrep" => &PKILL,
        b"pnpm" => &PNPM,
        b"ps" => &PS,
        b"readlink" | b"realpath" => &READLINK,
        b"rg" => &RG,
        b"rm" => &RM,
        b"rmdir" => &RMDIR,
        b"rsync" => &RSYNC,
        b"scp" => &SCP,
        b"sed" | b"gsed" => &SED,
        b"sftp" => &SFTP,
        b"shred" => &SHRED,
        b"shutdown" | b"reboot" | b"halt" | b"poweroff" => &SHUTDOWN,
        b"sort" => &SORT,
        b"ssh" => &SSH,
        b"stat" => &STAT,
        b"svn" => &SVN,
        b"systemctl" => &SYSTEMCTL,
        b"tail" => &TAIL,
        b"tar" | b"gtar" | b"bsdtar" => &TAR,
        b"tee" => &TEE,
        b"terraform" | b"tofu" => &TERRAFORM,
        b"touch" => &TOUCH,
        b"truncate" => &TRUNCATE,
        b"umount" => &UMOUNT,
        b"uniq" => &UNIQ,
        b"unzip" => &UNZIP,
        b"wc" => &WC,
        b"wget" => &WGET,
        b"wipefs" => &WIPEFS,
        b"yarn" => &YARN,
        b"zip" => &ZIP,
        _ => return None,
    })
}

static APT: Syntax = part(
    "-DP d|download-only q|quiet? y|yes assume-yes assume-no s|simulate dry-run just-print \
     no-act recon f|fix-broken m|ignore-missing fix-missing no-download u|show-upgraded \
     V|verbose-versions no-show-upgraded a|host-architecture= build-profiles= b|compile build \
     ignore-hold with-new-pkgs no-upgrade only-upgrade allow-downgrades \
     allow-remove-essential allow-change-held-packages force-yes print-uris purge reinstall \
     list-cleanup no-list-cleanup t|target-release= default-release= trivial-only no-remove \
     auto-remove autoremove only-source diff-only dsc-only tar-only arch-only indep-only \
     allow-unauthenticated no-allow-insecure-repositories allow-releaseinfo-change \
     show-progress with-source= no-install-recommends install-recommends no-install-suggests \
     install-suggests c|config-file= o|option= h|help v|version installed upgradable \
     all-versions names-only full",
);

static AWS: Syntax = tool_anywhere(
    "debug endpoint-url= no-verify-ssl no-paginate output= query= profile= region= version color= \
     no-sign-request ca-bundle= cli-read-timeout= cli-connect-timeout= cli-binary-format= \
     no-cli-pager cli-auto-prompt no-cli-auto-prompt",
    &[sub(
        "s3",
        "recursive dryrun quiet include= exclude= acl= delete force follow-symlinks \
         no-follow-symlinks no-guess-mime-type sse? storage-class= content-type= cache-control= \
         only-show-errors no-progress size-only exact-timestamps human-readable summarize \
         source-region= page-size= request-payer? expires-in=",
    )],
);

static AWK: Syntax = in_front(
    "f|file= F|field-separator= v|assign= b|characters-as-bytes c|traditional C|copyright \
     d|dump-variables? D|debug? e|source= E|exec= g|gen-pot h|help i|include= I|trace l|load= \
     L|lint? M|bignum N|use-lc-numeric n|non-decimal-data o|pretty-print? O|optimize \
     p|profile? P|posix r|re-interval s|no-optimize S|sandbox t|lint-old V|version k|csv",
);

static BASENAME: Syntax = whole("a|multiple s|suffix= z|zero help version");

static CARGO: Syntax = tool_anywhere(
    "V|version list explain= v|verbose q|quiet color= C= locked offline frozen config= Z= h|help",
    &[
        sub(
            "build|b|check|c|clippy|fix|doc|d|rustc|rustdoc|install|publish|package|tree|metadata|clean|update|fetch",
            "p|package= workspace all exclude= j|jobs= keep-going lib bins bin? examples example? \
     tests test? benches bench? all-targets F|features= all-features no-default-features \
     r|release profile= target= target-dir= manifest-path= message-format= timings? \
     ignore-rust-version path= git= branch= tag= rev= version= root= f|force registry= index= \
     no-track n|dry-run allow-dirty no-verify allow-staged token= open no-deps \
     document-private-items e|edges= i|invert= depth= prefix= precise= aggressive recursive \
     no-dedupe d|duplicates",
        ),
        sub(
            "test|t|bench",
            "p|package= workspace all exclude= j|jobs= no-run no-fail-fast doc lib bins bin? \
             examples example? tests test? benches bench? all-targets F|features= all-features \
             no-default-features r|release profile= target= target-dir= manifest-path= \
             message-format= timings? ignore-rust-version",
        ),
        runs(
            "run|r",
            "p|package= bin= example= j|jobs= keep-going F|features= all-features \
             no-default-features r|release profile= target= target-dir= manifest-path= \
             message-format= timings? ignore-rust-version",
        ),
        sub(
            "add|remove|rm",
            "p|package= dev build target= F|features= optional no-optional rename= path= git= \
             branch= tag= rev= registry= manifest-path= n|dry-run default-features \
             no-default-features",
        ),
        sub("new|init", "bin lib name= edition= vcs= registry="),
        sub("fmt", "all p|package= manifest-path= check message-format="),
    ],
);

static CAT: Syntax = whole(
    "-etu A|show-all b|number-nonblank E|show-ends n|number s|squeeze-blank T|show-tabs \
     v|show-nonprinting help version",
);

static BLKDISCARD: Syntax = whole(
    "f|force o|offset= l|length= p|step= q|quiet s|secure z|zeroout v|verbose V|version h|help",
);

static CHMOD: Syntax = whole(
    "-rwxXstugoa -HLP c|changes f|silent|quiet v|verbose dereference h|no-dereference \
     no-preserve-root preserve-root reference= R|recursive help version",
);

static CHOWN: Syntax = whole(
    "-HLP c|changes f|silent|quiet v|verbose dereference h|no-dereference from= no-preserve-root \
     preserve-root reference= R|recursive help version",
);

static CP: Syntax = whole(
    "-dpP a|archive attributes-only backup? b copy-contents debug f|force i|interactive H \
     l|link L|dereference n|no-clobber no-dereference preserve? no-preserve= \
     keep-directory-symlink parents R|r|recursive reflink? remove-destination sparse= \
     strip-trailing-slashes s|symbolic-link S|suffix= t|target-directory= \
     T|no-target-directory update? u v|verbose x|one-file-system Z context? help version",
);

static CURL: Syntax = part(
    "-8 :h #|progress-bar A|user-agent= a|append b|cookie= c|cookie-jar= C|continue-at= \
     d|data= data-ascii= data-binary= data-raw= data-urlencode= D|dump-header= e|referer= \
     E|cert= cert-type= key= key-type= cacert= capath= pass= F|form= form-string= f|fail \
     fail-with-body fail-early g|globoff G|get H|header= I|head i|include show-headers \
     j|junk-session-cookies J|remote-header-name k|insecure K|config= l|list-only L|location \
     location-trusted m|max-time= connect-timeout= M|manual n|netrc netrc-file= \
     netrc-optional N|no-buffer o|output= output-dir= O|remote-name remote-name-all \
     p|proxytunnel P|ftp-port= q|disable Q|quote= r|range= R|remote-time s|silent \
     S|show-error t|telnet-option= T|upload-file= u|user= U|proxy-user= v|verbose V|version \
     w|write-out= x|proxy= X|request= y|speed-time= Y|speed-limit= z|time-cond= Z|parallel \
     parallel-max= retry= retry-delay= retry-max-time= retry-all-errors retry-connrefused \
     resolve= connect-to= interface= dns-servers= doh-url= unix-socket= abstract-unix-socket= \
     compressed create-dirs create-file-mode= url= url-query= json= http1.1 http2 http3 \
     tlsv1.2 tlsv1.3 tls-max= ciphers= proto= proto-default= proto-redir= max-redirs= \
     max-filesize= limit-rate= trace= trace-ascii= trace-time stderr= noproxy= socks5= \
     socks5-hostname= socks4= preproxy= oauth2-bearer= aws-sigv4= basic digest ntlm negotiate \
     anyauth post301 post302 post303 libcurl= no-progress-meter path-as-is etag-save= \
     etag-compare= hsts= alt-svc= rate= variable= engine= random-file= 0|http1.0 1|tlsv1 \
     2|sslv2 3|sslv3 4|ipv4 6|ipv6",
);

static CUT: Syntax = whole(
    "b|bytes= c|characters= d|delimiter= f|fields= n complement s|only-delimited \
     output-delimiter= z|zero-terminated help version",
);

static DATE: Syntax = whole(
    "d|date= debug f|file= I|iso-8601? resolution R|rfc-email rfc-822 rfc-2822 rfc-3339= \
     r|reference= s|set= u|utc|universal uct help version",
);

static DD: Syntax = whole("help version");

static DF: Syntax = whole(
    "-k a|all B|block-size= h|human-readable H|si i|inodes l|local no-sync output? P|portability \
     sync total t|type= T|print-type x|exclude-type= v help version",
);

static DIFF: Syntax = part(
    "-fH0123456789 q|brief s|report-identical-files c C|context? u U|unified? e|ed n|rcs \
     y|side-by-side W|width= left-column suppress-common-lines p|show-c-function \
     F|show-function-line= L|label= t|expand-tabs T|initial-tab tabsize= l|paginate \
     r|recursive no-dereference N|new-file x|exclude= X|exclude-from= S|starting-file= \
     from-file= to-file= i|ignore-case E|ignore-tab-expansion Z|ignore-trailing-space \
     b|ignore-space-change w|ignore-all-space B|ignore-blank-lines I|ignore-matching-lines= \
     a|text strip-trailing-cr D|ifdef= d|minimal horizon-lines= speed-large-files color? \
     palette= help v|version",
);

static DNF: Syntax = part(
    "-4 y|assumeyes assumeno q|quiet v|verbose C|cacheonly b|best nobest c|config= \
     d|debuglevel= e|errorlevel= R|randomwait= x|exclude= excludepkgs= enablerepo= \
     disablerepo= repo= repoid= installroot= releasever= setopt= nogpgcheck skip-broken \
     allowerasing downloadonly downloaddir= destdir= refresh h|help version color= forcearch= \
     advisory= security bugfix enhancement",
);

static DOCKER: Syntax = tool(
    "config= c|context= D|debug H|host= l|log-level= tls tlscacert= tlscert= tlskey= \
     tlsverify v|version connection= url= identity= root= runroot= storage-driver= \
     storage-opt= cgroup-manager= r|remote n|namespace= address=",
    &[
        runs("run|create", DOCKER_RUN),
        runs(
            "exec",
            "d|detach detach-keys= e|env= env-file= i|interactive privileged t|tty u|user= \
             w|workdir= l|latest preserve-fds= container=",
        ),
        sub(
            "ps",
            "a|all f|filter= format= n|last= l|latest no-trunc q|quiet s|size",
        ),
        sub(
            "images",
            "a|all digests f|filter= format= no-trunc q|quiet tree",
        ),
        sub("rm", "f|force l|link v|volumes a|all i|ignore t|time="),
        sub("rmi", "f|force no-prune a|all platform="),
        sub(
            "logs",
            "details f|follow since= n|tail= t|timestamps until=",
        ),
        sub(
            "pull|push",
            "a|all-tags disable-content-trust? platform= q|quiet",
        ),
        sub(
            "build",
            "f|file= t|tag= build-arg= add-host= cache-from= cache-to= cgroup-parent= target= \
             platform= network= no-cache pull push load q|quiet progress= secret= ssh= label= \
             iidfile= o|output= rm force-rm squash m|memory= c|cpu-shares= shm-size= ulimit= \
             build-context= builder=",
        ),
        sub("stop|restart", "s|signal= t|time= timeout="),
        sub(
            "start",
            "a|attach detach-keys= i|interactive checkpoint= checkpoint-dir=",
        ),
        sub("kill", "s|signal="),
        sub("inspect", "f|format= s|size type="),
        sub("cp", "a|archive L|follow-link q|quiet"),
    ],
);

const DOCKER_RUN: &str = "add-host= annotation= a|attach= blkio-weight= blkio-weight-device= cap-add= cap-drop= \
     cgroup-parent= cgroupns= cidfile= cpu-period= cpu-quota= cpu-rt-period= cpu-rt-runtime= \
     c|cpu-shares= cpus= cpuset-cpus= cpuset-mems= d|detach detach-keys= device= \
     device-cgroup-rule= device-read-bps= device-read-iops= device-write-bps= \
     device-write-iops= disable-content-trust? dns= dns-opt= dns-option= dns-search= \
     domainname= entrypoint= e|env= env-file= expose= gpus= group-add= health-cmd= \
     health-interval= health-retries= health-start-period= health-timeout= help h|hostname= \
     init i|interactive ip= ip6= ipc= isolation= kernel-memory= l|label= label-file= link= \
     link-local-ip= log-driver= log-opt= mac-address= m|memory= memory-reservation= \
     memory-swap= memory-swappiness= mount= name= network= net= network-alias= net-alias= \
     no-healthcheck oom-kill-disable oom-score-adj= pid= pids-limit= platform= privileged \
     p|publish= P|publish-all pull= q|quiet read-only restart= rm runtime= security-opt= \
     shm-size= sig-proxy stop-signal= stop-timeout= storage-opt= sysctl= tmpfs= t|tty ulimit= \
     u|user= userns= uts= v|volume= volume-driver= volumes-from= w|workdir=";

static DPKG: Syntax = part(
    "-ICcpuA :D i|install unpack configure= r|remove P|purge V|verify l|list L|listfiles \
     s|status S|search a|pending force-all root= admindir= instdir= R|recursive \
     G|refuse-downgrade no-act dry-run simulate get-selections set-selections \
     print-architecture",
);

static DU: Syntax = whole(
    "-H 0|null a|all apparent-size b|bytes B|block-size= c|total D|dereference-args \
     d|max-depth= files0-from= h|human-readable inodes k m L|dereference l|count-links \
     P|no-dereference S|separate-dirs si s|summarize t|threshold= time? time-style= \
     X|exclude-from= exclude= x|one-file-system help version",
);

static ECHO: Syntax = part("-neE");

static FIND: Syntax = Syntax {
    options: "H L P D= O? a o not and or daystart depth d follow regextype= files0-from= maxdepth= \
         mindepth= mount noleaf xdev ignore_readdir_race noignore_readdir_race warn nowarn version \
         help amin= anewer= atime= cmin= cnewer= context= ctime= empty executable false fstype= \
         gid= group= ilname= iname= inum= ipath= iregex= iwholename= links= lname= mmin= mtime= \
         name= newer= newerXY= nogroup nouser path= perm= readable regex= samefile= size= true \
         type= uid= used= user= wholename= writable xtype= newermt= newerat= newerct= newermm= \
         newerma= newermc= newerBt= delete exec; execdir; ok; okdir; fls= fprint= fprint0= fprintf== ls \
         print print0 printf= prune quit",
    order: Order::Permuted,
    style: Style::SingleDash,
    listing: Listing::Part,
};

static GH: Syntax = tool_anywhere(
    "R|repo= help version",
    &[
        sub(
            "pr|issue",
            "a|assignee= B|base= b|body= F|body-file= d|draft f|fill H|head= l|label= m|milestone= \
             p|project= r|reviewer= t|title= T|template= w|web s|state= L|limit= S|search= A|author= \
             q|jq= json= c|comments add-label= remove-label= subject= delete-branch squash merge \
             rebase auto admin",
        ),
        sub(
            "api",
            "cache= F|field= H|header= hostname= i|include input= q|jq= X|method= paginate \
             p|preview= f|raw-field= silent slurp t|template= verbose",
        ),
        sub(
            "run|workflow",
            "L|limit= w|workflow= b|branch= u|user= e|event= s|status= c|commit= a|all json= q|jq= \
             j|job= log log-failed exit-status v|verbose i|interval= r|ref= f|raw-field= F|field= \
             D|dir= n|name= p|pattern= failed d|debug",
        ),
        sub(
            "repo|release",
            "c|clone d|description= public private internal source= r|remote= push \
             t|title= n|notes= F|notes-file= p|prerelease target= L|limit= json= q|jq= y|yes D|dir= \
             O|output= clobber template= visibility= topic= language= archived fork",
        ),
    ],
);

static GIT: Syntax = tool(
    "v|version h|help C= c= config-env= exec-path? html-path man-path info-path p|paginate \
     P|no-pager git-dir= work-tree= namespace= bare no-replace-objects no-lazy-fetch \
     no-optional-locks no-advice literal-pathspecs glob-pathspecs noglob-pathspecs \
     icase-pathspecs super-prefix= list-cmds= attr-source=",
    &[
        sub(
            "log|diff|show|whatchanged|reflog|rev-list|diff-tree|diff-index|diff-files",
            GIT_LOG,
        ),
        sub(
            "status",
            "-z s|short b|branch show-stash porcelain? long v|verbose u? untracked-files? \
     ignore-submodules? ignored? column? no-column ahead-behind no-ahead-behind renames \
     no-renames find-renames?",
        ),
        sub(
            "commit",
            "a|all p|patch C|reuse-message= c|reedit-message= fixup= squash= reset-author short \
     branch porcelain long z|null F|file= author= date= m|message= t|template= s|signoff \
     no-signoff trailer= n|no-verify verify allow-empty allow-empty-message cleanup= e|edit \
     no-edit amend no-post-rewrite i|include o|only pathspec-from-file= pathspec-file-nul u? \
     untracked-files? v|verbose q|quiet dry-run status no-status S? gpg-sign? no-gpg-sign",
        ),
        sub(
            "push",
            "all branches mirror d|delete tags follow-tags n|dry-run porcelain f|force \
     force-with-lease? force-if-includes no-force-with-lease no-force-if-includes repo= \
     u|set-upstream thin no-thin q|quiet v|verbose progress no-progress prune verify \
     no-verify recurse-submodules= no-recurse-submodules signed? atomic no-atomic \
     o|push-option= receive-pack= exec= 4|ipv4 6|ipv6",
        ),
        sub(
            "fetch|pull",
            "all a|append atomic depth= deepen= shallow-since= shallow-exclude= unshallow \
     update-shallow negotiation-tip= negotiate-only dry-run porcelain write-fetch-head \
     no-write-fetch-head f|force k|keep multiple auto-maintenance no-auto-maintenance \
     prefetch p|prune P|prune-tags n|no-tags refmap= t|tags recurse-submodules? \
     no-recurse-submodules j|jobs= set-upstream submodule-prefix= upload-pack= q|quiet \
     v|verbose progress o|server-option= show-forced-updates no-show-forced-updates 4|ipv4 \
     6|ipv6 stdin u|update-head-ok r|rebase? no-rebase ff no-ff ff-only commit no-commit \
     e|edit no-edit s|strategy= X|strategy-option= squash no-squash autostash no-autostash S? \
     stat no-stat filter=",
        ),
        sub(
            "clone",
            ":46 l|local no-local no-hardlinks s|shared reference= reference-if-able= dissociate \
     q|quiet v|verbose progress server-option= n|no-checkout reject-shallow bare sparse \
     filter= mirror o|origin= b|branch= u|upload-pack= template= c|config= depth= \
     shallow-since= shallow-exclude= single-branch no-single-branch no-tags \
     recurse-submodules? recursive shallow-submodules remote-submodules separate-git-dir= \
     j|jobs= bundle-uri=",
        ),
        sub(
            "add|stage",
            "n|dry-run v|verbose f|force i|interactive p|patch e|edit A|all no-all ignore-removal \
             u|update N|intent-to-add refresh ignore-errors ignore-missing renormalize sparse chmod= \
             pathspec-from-file= pathspec-file-nul",
        ),
        sub(
            "rm|mv",
            "f|force n|dry-run r cached ignore-unmatch q|quiet sparse k v|verbose \
             pathspec-from-file= pathspec-file-nul",
        ),
        sub(
            "clean",
            "d f|force i|interactive n|dry-run q|quiet e|exclude= x X",
        ),
        sub(
            "reset|restore",
            "q|quiet soft mixed hard merge keep N|intent-to-add p|patch s|source= W|worktree S|staged \
             ours theirs m conflict= ignore-unmerged ignore-skip-worktree-bits overlay no-overlay \
             recurse-submodules? no-recurse-submodules progress no-progress pathspec-from-file= \
             pathspec-file-nul refresh no-refresh",
        ),
        sub(
            "checkout|switch",
            "q|quiet progress no-progress f|force ours theirs b= B= c|create= C|force-create= t \
             track? no-track guess no-guess l d|detach orphan= ignore-skip-worktree-bits m|merge \
             conflict= p|patch ignore-other-worktrees overwrite-ignore no-overwrite-ignore \
             recurse-submodules? no-recurse-submodules overlay no-overlay discard-changes \
             pathspec-from-file= pathspec-file-nul",
        ),
        sub(
            "branch",
            "-DMCFts d|delete m|move c|copy f|force color? no-color i|ignore-case column? \
             no-column r|remotes a|all l|list show-current v|verbose q|quiet abbrev= no-abbrev \
             track? no-track u|set-upstream-to= unset-upstream edit-description contains= \
             no-contains= merged? no-merged? sort= points-at= format= create-reflog",
        ),
        sub(
            "tag",
            "n? a|annotate s|sign no-sign u|local-user= f|force d|delete v|verify l|list sort= \
             color? i|ignore-case column? no-column contains= no-contains= merged? no-merged? \
             points-at= m|message= F|file= e|edit trailer= cleanup= create-reflog format=",
        ),
        sub(
            "rebase",
            "x|exec= i|interactive onto= keep-base continue skip abort quit apply empty= \
             keep-empty no-keep-empty reapply-cherry-picks no-reapply-cherry-picks edit-todo \
             show-current-patch m|merge s|strategy= X|strategy-option= rerere-autoupdate \
             no-rerere-autoupdate S? gpg-sign? no-gpg-sign q|quiet v|verbose stat n|no-stat \
             no-verify verify C= no-ff force-rebase f fork-point no-fork-point ignore-whitespace \
             whitespace= committer-date-is-author-date ignore-date reset-author-date signoff \
             r|rebase-merges? autosquash no-autosquash autostash no-autostash \
             reschedule-failed-exec no-reschedule-failed-exec update-refs no-update-refs root",
        ),
        sub(
            "merge|cherry-pick|revert",
            "commit no-commit e|edit no-edit cleanup= ff no-ff ff-only S? gpg-sign? no-gpg-sign \
             log? no-log signoff no-signoff stat no-stat squash no-squash verify no-verify \
             strategy= X|strategy-option= verify-signatures q|quiet v|verbose progress autostash \
             no-autostash allow-unrelated-histories into-name= abort quit continue skip onto= \
             keep-base apply empty= keep-empty no-keep-empty root i|interactive exec= autosquash \
             no-autosquash rebase-merges? update-refs mainline=",
        ),
        runs(
            "bisect",
            "term-old= term-new= term-good= term-bad= no-checkout first-parent",
        ),
        sub(
            "grep",
            "-aIriwvhHEGPFnlLzocWpq0123456789 cached untracked no-index recurse-submodules text \
     ignore-case word-regexp invert-match full-name extended-regexp basic-regexp perl-regexp \
     fixed-strings line-number column files-with-matches name-only files-without-match O? \
     open-files-in-pager? null only-matching count color? no-color break heading \
     show-function A|after-context= B|before-context= C|context= function-context \
     m|max-count= threads= f= e= and or not all-match quiet max-depth=",
        ),
        sub(
            "ls-files|ls-tree|ls-remote",
            "-tvfrlh c|cached d|deleted m|modified o|others i|ignored s|stage directory \
     no-empty-directory u|unmerged k|killed z|null x|exclude= X|exclude-from= \
     exclude-per-directory= exclude-standard error-unmatch with-tree= full-name \
     recurse-submodules abbrev? format= name-only name-status object-only full-tree heads \
     tags refs upload-pack= exec= q|quiet exit-code get-url sort= symref server-option=",
        ),
        sub(
            "rev-parse",
            "parseopt sq-quote q|quiet verify short? show-toplevel abbrev-ref? git-dir \
             absolute-git-dir is-inside-work-tree is-inside-git-dir is-bare-repository \
             show-prefix show-cdup symbolic symbolic-full-name all branches? tags? remotes? \
             default= prefix= git-common-dir git-path= show-superproject-working-tree",
        ),
        sub(
            "config",
            "global system local worktree f|file= blob= get get-all get-regexp get-urlmatch \
             replace-all add unset unset-all remove-section rename-section l|list fixed-value \
             type= bool int bool-or-int path expiry-date z|null name-only show-names show-origin \
             show-scope e|edit includes no-includes default= comment= all regexp value= url=",
        ),
        sub(
            "stash",
            "p|patch q|quiet k|keep-index no-keep-index S|staged u|include-untracked a|all m|message= \
     index pathspec-from-file= pathspec-file-nul",
        ),
        sub(
            "remote",
            "v|verbose t= m= f tags no-tags mirror? all add delete push n p|prune",
        ),
        sub(
            "worktree",
            "f|force b= B= d|detach checkout no-checkout guess-remote track lock \
             reason= orphan porcelain z n|dry-run v|verbose expire= q|quiet",
        ),
        sub(
            "difftool|mergetool",
            "d|dir-diff y|no-prompt prompt g|gui no-gui t|tool= x|extcmd= tool-help trust-exit-code \
     no-trust-exit-code symlinks no-symlinks",
        ),
        sub(
            "submodule",
            "q|quiet cached recursive init remote f|force b|branch= name= reference= depth= merge \
     rebase checkout jobs= no-fetch single-branch filter=",
        ),
        sub(
            "archive",
            "-0123456789 format= l|list prefix= o|output= worktree-attributes v|verbose remote= exec= \
     add-file= add-virtual-file= mtime=",
        ),
        sub(
            "apply|am",
            "stat numstat summary check index N|intent-to-add 3|3way cached \
             apply R|reverse reject z p= C= unidiff-zero exclude= include= whitespace= \
             inaccurate-eof v|verbose q|quiet recount directory= unsafe-paths allow-empty build-fake-ancestor=",
        ),
        sub(
            "describe",
            "dirty? broken? all tags contains abbrev= candidates= exact-match debug \
             long match= exclude= always first-parent",
        ),
        sub(
            "init",
            "q|quiet bare object-format= ref-format= template= separate-git-dir= \
             b|initial-branch= shared?",
        ),
    ],
);

const GIT_LOG: &str = "-qmrf0123456789 :L n|max-count= p|patch u no-patch U|unified= output= \
     output-indicator-new= output-indicator-old= output-indicator-context= raw t \
     patch-with-raw indent-heuristic no-indent-heuristic minimal patience histogram anchored= \
     diff-algorithm= stat? compact-summary numstat shortstat X? dirstat? cumulative \
     dirstat-by-file? summary patch-with-stat z name-only name-status submodule? color? \
     no-color color-moved? no-color-moved color-moved-ws= no-color-moved-ws word-diff? \
     word-diff-regex= color-words? no-renames rename-empty no-rename-empty check \
     ws-error-highlight= full-index binary abbrev? B? break-rewrites? M? find-renames? C? \
     find-copies? find-copies-harder D irreversible-delete l= diff-filter= S= G= find-object= \
     pickaxe-all pickaxe-regex O= skip-to= rotate-to= R relative? no-relative a text \
     ignore-cr-at-eol ignore-space-at-eol b ignore-space-change w ignore-all-space \
     ignore-blank-lines I= ignore-matching-lines= inter-hunk-context= W function-context \
     exit-code quiet ext-diff no-ext-diff textconv no-textconv ignore-submodules? src-prefix= \
     dst-prefix= no-prefix default-prefix line-prefix= ita-invisible-in-index follow \
     no-decorate decorate? decorate-refs= decorate-refs-exclude= clear-decorations source \
     mailmap use-mailmap no-mailmap full-diff log-size skip= since= after= since-as-filter= \
     until= before= author= committer= grep-reflog= grep= all-match invert-grep i \
     regexp-ignore-case basic-regexp E extended-regexp F fixed-strings P perl-regexp \
     remove-empty merges no-merges min-parents= max-parents= no-min-parents no-max-parents \
     first-parent exclude-first-parent-only not all branches? tags? remotes? glob= exclude= \
     exclude-hidden= reflog alternate-refs single-worktree ignore-missing bisect stdin \
     cherry-mark cherry-pick left-only right-only cherry g walk-reflogs merge boundary \
     simplify-by-decoration show-pulls full-history dense sparse simplify-merges \
     ancestry-path? date-order author-date-order topo-order reverse no-walk? do-walk pretty? \
     format= abbrev-commit no-abbrev-commit oneline encoding= expand-tabs? no-expand-tabs \
     notes? no-notes show-notes? show-signature relative-date date= parents children \
     left-right graph no-graph show-linear-break? cc c diff-merges= no-diff-merges dd \
     combined-all-paths cached staged merge-base no-index s numbered e email group= porcelain \
     line-porcelain incremental contents= root show-email score-debug cover-letter \
     no-cover-letter o= output-directory= start-number= v= reroll-count= signoff";

static GO: Syntax = single_dash(
    "C=",
    &[
        sub(
            "build|install|get|vet|list|generate|clean|fmt|fix",
            GO_BUILD,
        ),
        sub("test", GO_BUILD),
        runs("run", GO_BUILD),
        sub("mod|work", "json go= require= replace= v x e"),
        sub("env", "json u w changed"),
    ],
);

const GO_BUILD: &str = "C= a n p= race msan asan cover covermode= coverpkg= v work x asmflags= \
     buildmode= buildvcs? compiler= gccgoflags= gcflags= installsuffix= json ldflags= linkshared \
     mod= modcacherw modfile= overlay= pgo= pkgdir= tags= trimpath toolexec= exec= o= i c run= \
     bench= benchtime= count= cpu= parallel= short timeout= failfast list= coverprofile= \
     cpuprofile= memprofile= f= m e deps test u t d vettool= fuzz= fuzztime= skip= shuffle= \
     blockprofile= mutexprofile= trace= outputdir= benchmem cache testcache modcache";

static GREP: Syntax = whole(
    "-Iuy0123456789 E|extended-regexp F|fixed-strings G|basic-regexp P|perl-regexp e|regexp= \
     f|file= i|ignore-case no-ignore-case w|word-regexp x|line-regexp z|null-data \
     s|no-messages v|invert-match V|version help m|max-count= b|byte-offset n|line-number \
     line-buffered H|with-filename h|no-filename label= o|only-matching q|quiet|silent \
     binary-files= a|text d|directories= D|devices= r|recursive R|dereference-recursive \
     include= exclude= exclude-from= exclude-dir= L|files-without-match l|files-with-matches \
     c|count T|initial-tab Z|null A|after-context= B|before-context= C|context= \
     group-separator= no-group-separator color? colour? U|binary unix-byte-offsets",
);

static GZIP: Syntax = whole(
    "-0123456789 a|ascii c|stdout|to-stdout d|decompress|uncompress f|force h|help k|keep l|list \
     L|license n|no-name N|name q|quiet r|recursive rsyncable S|suffix= synchronous t|test v|verbose \
     V|version fast best",
);

static HEAD: Syntax =
    whole("-0123456789 c|bytes= n|lines= q|quiet|silent v|verbose z|zero-terminated help version");

static HELM: Syntax = tool_anywhere(
    "debug kube-apiserver= kube-as-group= kube-as-user= kube-ca-file= kube-context= \
     kube-insecure-skip-tls-verify kube-tls-server-name= kube-token= kubeconfig= n|namespace= \
     registry-config= repository-cache= repository-config= burst-limit= qps= h|help",
    &[
        sub(
            "install|upgrade|template|rollback|uninstall|delete",
            "f|values= set= set-string= set-file= set-json= set-literal= version= repo= wait \
             wait-for-jobs timeout= create-namespace i|install atomic dry-run? force g|generate-name \
             reuse-values reset-values history-max= keep-history no-hooks post-renderer= \
             post-renderer-args= description= devel o|output= username= password= verify \
             dependency-update skip-crds s|show-only= a|api-versions= output-dir=",
        ),
        sub(
            "list|ls|get|status|history|show|search",
            "a|all A|all-namespaces q|quiet o|output= \
             f|filter= m|max= revision= l|selector= version= versions devel d|date r|reverse",
        ),
    ],
);

static HG: Syntax = tool_anywhere(
    "R|repository= cwd= y|noninteractive q|quiet v|verbose color= config= debug debugger encoding= \
     encodingmode= traceback time profile version h|help hidden pager=",
    &[
        sub(
            "log|diff|status|cat|annotate",
            "f|follow d|date= C|copies k|keyword= r|rev= L|line-range= removed m|only-merges u|user= \
     b|branch= P|prune= p|patch g|git l|limit= M|no-merges stat G|graph style= T|template= \
     I|include= X|exclude= c|change= a|text n A|all",
        ),
        sub(
            "commit|ci|push|pull|update|up|clone|import",
            "A|addremove close-branch amend s|secret e|edit i|interactive I|include= X|exclude= \
             m|message= l|logfile= d|date= u|user= f|force r|rev= B|bookmark= b|branch= new-branch \
             ssh= remotecmd= insecure U|noupdate C|clean c|check",
        ),
    ],
);

static INSTALL: Syntax = whole(
    "-bcD backup? C|compare d|directory debug g|group= m|mode= o|owner= p|preserve-timestamps \
     s|strip strip-program= S|suffix= t|target-directory= T|no-target-directory v|verbose \
     preserve-context Z context? help version",
);

static JOURNALCTL: Syntax = part(
    "a|all b? boot? D|directory= e|pager-end f|follow g|grep= header i|file= k|dmesg l|full \
     m|merge M|machine= n|lines? no-hostname no-pager no-tail o|output= output-fields= \
     p|priority= q|quiet r|reverse root= S|since= t|identifier= u|unit= user system \
     user-unit= U|until= utc vacuum-size= vacuum-time= vacuum-files= rotate flush sync \
     disk-usage x|catalog list-boots cursor= after-cursor=",
);

static KILL: Syntax = part("-0123456789 s|signal= n= l|list? L|table q|queue= timeout=");

static KILLALL: Syntax = part(
    "-0123456789 e|exact I|ignore-case g|process-group i|interactive l|list q|quiet r|regexp \
     s|signal= u|user= v|verbose V|version w|wait n|ns= o|older-than= y|younger-than= \
     Z|context=",
);

static KUBECTL: Syntax = tool_anywhere(
    "as= as-group= as-uid= cache-dir= certificate-authority= client-certificate= client-key= \
     cluster= context= insecure-skip-tls-verify kubeconfig= n|namespace= request-timeout= \
     s|server= tls-server-name= token= user= username= password= v= vmodule= \
     match-server-version log-flush-frequency= warnings-as-errors h|help",
    &[
        sub(
            "get|describe|top|wait|events|label|annotate|scale|autoscale|expose|explain",
            "A|all-namespaces f|filename= k|kustomize= o|output= l|selector= field-selector= \
             show-labels L|label-columns= w|watch watch-only sort-by= no-headers R|recursive \
             template= chunk-size= ignore-not-found raw= subresource= show-managed-fields for= \
             timeout= all overwrite replicas= current-replicas= containers port= type= name= \
             target-port= min= max= dry-run? resource-version= local list field-manager= \
             show-events show-kind server-print output-watch-events",
        ),
        sub(
            "apply|create|delete|replace|patch|diff|edit|set|rollout",
            "f|filename= k|kustomize= R|recursive l|selector= o|output= all A|all-namespaces \
             field-selector= cascade? dry-run? force force-conflicts grace-period= now \
             ignore-not-found timeout= wait server-side prune prune-allowlist= prune-whitelist= \
             overwrite validate? field-manager= i|interactive raw= p|patch= patch-file= type= \
             local image= replicas= port= from-literal= from-file= from-env-file= to-revision= \
             save-config edit record subresource= template= show-managed-fields \
             allow-missing-template-keys windows-line-endings",
        ),
        sub(
            "logs",
            "all-containers c|container= f|follow ignore-errors insecure-skip-tls-verify-backend \
             limit-bytes= max-log-requests= pod-running-timeout= prefix p|previous l|selector= since= \
             since-time= tail= timestamps all-pods",
        ),
        runs(
            "exec",
            "c|container= f|filename= pod-running-timeout= q|quiet i|stdin t|tty",
        ),
        sub(
            "run|debug|attach|port-forward|proxy|cp",
            "image= image-pull-policy= i|stdin t|tty rm restart= env= port= l|labels= command \
             overrides= c|container= address= pod-running-timeout= target= copy-to= profile= attach \
             q|quiet dry-run? o|output= expose annotations= serviceaccount= no-preserve retries=",
        ),
    ],
);

static LN: Syntax = whole(
    "-bdF backup? directory f|force i|interactive L|logical n|no-dereference P|physical r|relative \
     s|symbolic S|suffix= t|target-directory= T|no-target-directory v|verbose help version",
);

static LS: Syntax = whole(
    "-1cCfgloStuUvxXZ a|all A|almost-all author b|escape block-size= B|ignore-backups color? \
     d|directory D|dired F classify? file-type format= full-time group-directories-first \
     G|no-group h|human-readable si H|dereference-command-line \
     dereference-command-line-symlink-to-dir hide= hyperlink? i|inode indicator-style= \
     I|ignore= k|kibibytes L|dereference m n|numeric-uid-gid N|literal p q|hide-control-chars \
     show-control-chars Q|quote-name quoting-style= r|reverse R|recursive s|size sort= time= \
     time-style= T|tabsize= w|width= zero context help version",
);

static MAKE: Syntax = part(
    "-bm j? l? O? B|always-make C|directory= d debug? E|eval= e|environment-overrides \
     f|file|makefile= h|help i|ignore-errors I|include-dir= jobs? jobserver-style= \
     k|keep-going load-average? max-load? L|check-symlink-times n|just-print|dry-run|recon \
     o|old-file|assume-old= output-sync? p|print-data-base q|question r|no-builtin-rules \
     R|no-builtin-variables s|silent|quiet no-silent S|no-keep-going|stop shuffle? t|touch \
     trace v|version w|print-directory no-print-directory W|what-if|new-file|assume-new= \
     warn-undefined-variables",
);

static MKDIR: Syntax = whole("m|mode= p|parents v|verbose Z context? help version");

static MKFS: Syntax = part("-v t|type= V|verbose lock? h|help");

static MKTEMP: Syntax = whole("d|directory u|dry-run q|quiet suffix= p= tmpdir? t help version");

static MOUNT: Syntax = part(
    "-s a|all c|no-canonicalize f|fake F|fork T|fstab= i|internal-only l|show-labels m|mkdir? \
     n|no-mtab options-mode= options-source= o|options= O|test-opts= r|read-only t|types= \
     source= target= target-prefix= v|verbose w|rw|read-write N|namespace= L|label= U|uuid= \
     B|bind M|move R|rbind make-shared make-slave make-private make-unbindable h|help \
     V|version",
);

static MV: Syntax = whole(
    "-b backup? debug exchange f|force i|interactive n|no-clobber no-copy \
     strip-trailing-slashes S|suffix= t|target-directory= T|no-target-directory update? u v|verbose \
     Z|context help version",
);

const NODE_OPTIONS: &str = "g|global D|save-dev|dev P|save-prod|prod O|save-optional|optional E|save-exact|exact \
     B|save-bundle no-save save C|dir= f|force d s|silent q|quiet l|long p|parseable y|yes \
     w|workspace= workspaces include-workspace-root omit= include= prefix= registry= tag= \
     otp= access= dry-run json userconfig= globalconfig= cache= loglevel= ignore-scripts \
     no-audit no-fund no-package-lock package-lock-only legacy-peer-deps strict-peer-deps \
     if-present c|call= package= script-shell= depth= all production location= scope= \
     no-optional foreground-scripts cwd= frozen-lockfile no-frozen-lockfile prefer-offline \
     offline F|filter= r|recursive v|version h|help verbose non-interactive ignore-engines \
     mutex= modules-folder= network-timeout=";

static NPM: Syntax = tool_anywhere(NODE_OPTIONS, &[runs("exec|x", "")]);
static PNPM: Syntax = tool_anywhere(NODE_OPTIONS, &[runs("exec|dlx|run", "")]);
static YARN: Syntax = tool_anywhere(NODE_OPTIONS, &[runs("exec|dlx|run", "")]);

static PIP: Syntax = part(
    ":P h|help debug isolated require-virtualenv python= v|verbose V|version q|quiet log= \
     no-input keyring-provider= proxy= retries= timeout= exists-action= trusted-host= cert= \
     client-cert= cache-dir= no-cache-dir disable-pip-version-check no-color use-feature= \
     use-deprecated= r|requirement= c|constraint= no-deps pre e|editable= dry-run t|target= \
     platform= python-version= implementation= abi= user root= prefix= src= U|upgrade \
     upgrade-strategy= force-reinstall I|ignore-installed ignore-requires-python \
     no-build-isolation use-pep517 no-use-pep517 check-build-dependencies \
     break-system-packages C|config-settings= config-setting= global-option= compile \
     no-compile no-warn-script-location no-warn-conflicts no-binary= only-binary= \
     prefer-binary require-hashes progress-bar= root-user-action= report= no-clean \
     i|index-url= extra-index-url= no-index f|find-links= y|yes d|dest= w|wheel-dir= \
     o|outdated u|uptodate format= not-required exclude= l|local path= all files",
);

static PKILL: Syntax = part(
    "-0123456789 signal= f|full i|ignore-case n|newest o|oldest v|inverse x|exact e|echo \
     c|count a|list-full l|list-name d|delimiter= g|pgroup= G|group= P|parent= s|session= \
     t|terminal= u|euid= U|uid= F|pidfile= L|logpidfile r|runstates= ns= nslist= cgroup= \
     A|ignore-ancestors w|lightweight H|require-handler O|older= q|queue= env= V|version \
     h|help",
);

static PS: Syntax = part(
    "-acdfFHjlLmMNrTwyZx :CgGopqstuUnO e A|all deselect Group= group= pid= ppid= quick-pid= \
     sid= tty= user= User= columns= cols= cumulative format= forest headers lines= rows= \
     no-headers no-heading sort= width= info help? V|version",
);

static READLINK: Syntax = whole(
    "f|canonicalize e|canonicalize-existing m|canonicalize-missing n|no-newline q|quiet s|silent \
     v|verbose z|zero L|logical P|physical relative-to= relative-base= strip no-symlinks help version",
);

static RG: Syntax = part(
    "-0bhs. e|regexp= f|file= A|after-context= B|before-context= C|context= color= colors= \
     column context-separator= c|count count-matches E|encoding= engine= files \
     l|files-with-matches files-without-match F|fixed-strings L|follow g|glob= iglob= heading \
     no-heading hidden i|ignore-case v|invert-match json n|line-number N|no-line-number \
     m|max-count= d|max-depth= maxdepth= max-filesize= mmap U|multiline multiline-dotall \
     no-config I|no-filename no-ignore no-ignore-vcs no-messages null o|only-matching \
     passthru path-separator= P|pcre2 pre= pre-glob= p|pretty q|quiet r|replace= z|search-zip \
     S|smart-case sort= sortr= stats a|text j|threads= trim t|type= T|type-not= type-add= \
     type-clear= type-list u|unrestricted vimgrep H|with-filename w|word-regexp x|line-regexp \
     hostname-bin= hyperlink-format= ignore-file= M|max-columns= V|version",
);

static RM: Syntax = whole(
    "-I f|force i interactive? one-file-system no-preserve-root preserve-root? r|R|recursive d|dir \
     v|verbose help version",
);

static RMDIR: Syntax = whole("ignore-fail-on-non-empty p|parents v|verbose help version");

static RSYNC: Syntax = part(
    "-D v|verbose info= debug= q|quiet no-motd c|checksum a|archive no-recursive r|recursive \
     R|relative no-relative no-implied-dirs b|backup backup-dir= suffix= u|update inplace \
     append append-verify d|dirs l|links L|copy-links copy-unsafe-links safe-links \
     munge-links k|copy-dirlinks K|keep-dirlinks H|hard-links p|perms E|executability chmod= \
     A|acls X|xattrs o|owner g|group devices copy-devices write-devices specials t|times \
     U|atimes N|crtimes O|omit-dir-times J|omit-link-times super fake-super S|sparse \
     preallocate n|dry-run W|whole-file checksum-choice= cc= x|one-file-system B|block-size= \
     e|rsh= rsync-path= existing ignore-existing remove-source-files del delete delete-before \
     delete-during delete-delay delete-after delete-excluded ignore-missing-args \
     delete-missing-args ignore-errors force max-delete= max-size= min-size= max-alloc= \
     partial partial-dir= delay-updates m|prune-empty-dirs numeric-ids usermap= groupmap= \
     chown= timeout= contimeout= I|ignore-times size-only @|modify-window= T|temp-dir= \
     y|fuzzy compare-dest= copy-dest= link-dest= z|compress compress-choice= zc= \
     compress-level= zl= skip-compress= C|cvs-exclude f|filter= F exclude= exclude-from= \
     include= include-from= files-from= 0|from0 old-args s|secluded-args|protect-args \
     trust-sender copy-as= address= port= sockopts= blocking-io outbuf= stats 8|8-bit-output \
     h|human-readable progress P i|itemize-changes M|remote-option= out-format= log-file= \
     log-file-format= password-file= early-input= list-only bwlimit= stop-after= stop-at= \
     fsync write-batch= only-write-batch= read-batch= protocol= iconv= checksum-seed= 4|ipv4 \
     6|ipv6 no-perms no-owner no-group no-times daemon config= server sender",
);

static SCP: Syntax = part("-346ABCOpqRrTv :cDFiJloPSX");

static SED: Syntax = whole(
    "-r n|quiet|silent debug e|expression= f|file= E|regexp-extended i|in-place? \
     l|line-length= follow-symlinks posix b|binary s|separate sandbox u|unbuffered \
     z|null-data help version",
);

static SFTP: Syntax = part("-46AaCfNpqrv :BbcDFiJloPRSsX");

static SHRED: Syntax = whole(
    "-u f|force n|iterations= random-source= s|size= remove? v|verbose x|exact z|zero help version",
);

static SHUTDOWN: Syntax = part(
    "-HPhrkcfnpwdi help halt poweroff reboot no-wall show force wtmp-only no-wtmp no-sync \
     message= firmware-setup boot-loader-menu= boot-loader-entry=",
);

static SORT: Syntax = whole(
    "b|ignore-leading-blanks d|dictionary-order f|ignore-case g|general-numeric-sort \
     i|ignore-nonprinting M|month-sort h|human-numeric-sort n|numeric-sort R|random-sort \
     random-source= r|reverse sort= V|version-sort batch-size= c check? C compress-program= debug \
     files0-from= k|key= m|merge o|output= s|stable S|buffer-size= t|field-separator= \
     T|temporary-directory= parallel= u|unique z|zero-terminated help version y?",
);

static SSH: Syntax = in_front("-46AaCfGgKkMNnqsTtVvXxYy :BbcDEeFIiJLlmOoPpQRSWw");

static STAT: Syntax =
    whole("L|dereference f|file-system cached= c|format= printf= t|terse help version");

static SVN: Syntax = part(
    "-Rhg :t username= password= no-auth-cache non-interactive force-interactive \
     trust-server-cert trust-server-cert-failures= config-dir= config-option= r|revision= \
     m|message= F|file= c|change= q|quiet v|verbose N|non-recursive depth= set-depth= force \
     force-log parents diff-cmd= editor-cmd= diff3-cmd= encoding= x|extensions= l|limit= xml \
     incremental stop-on-copy accept= ignore-externals changelist= cl= keep-local dry-run \
     summarize u|show-updates no-ignore revprop with-revprop= targets= auto-props \
     no-auto-props native-eol= ignore-ancestry notice-ancestry old= new= strict git \
     with-all-revprops with-no-revprops reintegrate record-only allow-mixed-revisions strip= \
     version help",
);

static SYSTEMCTL: Syntax = part(
    "t|type= state= p|property= P= a|all r|recursive reverse after before l|full value \
     show-types job-mode= fail check-inhibitors= i|ignore-inhibitors dry-run q|quiet \
     v|verbose no-block wait user system failed no-wall global no-reload no-ask-password \
     kill-whom= kill-who= kill-value= s|signal= f|force message= now root= image= runtime \
     preset-mode= n|lines= o|output= firmware-setup boot-loader-menu= boot-loader-entry= \
     plain timestamp= mkdir read-only H|host= M|machine= no-pager no-legend legend= \
     T|show-transaction with-dependencies drop-in= stdin when= what= marked h|help version",
);

static TAIL: Syntax = whole(
    "-0123456789F c|bytes= f follow? n|lines= max-unchanged-stats= pid= q|quiet|silent retry \
     s|sleep-interval= v|verbose z|zero-terminated help version debug",
);

static TAR: Syntax = Syntax {
    options: "-0123456789 A|catenate|concatenate c|create delete d|diff|compare r|append test-label \
     t|list u|update x|extract|get check-device no-check-device g|listed-incremental= \
     G|incremental ignore-failed-read level= n|seek no-seek occurrence? restrict \
     sparse-version= S|sparse add-file= C|directory= exclude= exclude-backups exclude-caches \
     exclude-caches-all exclude-caches-under exclude-ignore= exclude-ignore-recursive= \
     exclude-tag= exclude-tag-all= exclude-tag-under= exclude-vcs exclude-vcs-ignores no-null \
     no-recursion no-unquote no-verbatim-files-from null recursion T|files-from= unquote \
     verbatim-files-from X|exclude-from= anchored ignore-case no-anchored no-ignore-case \
     no-wildcards no-wildcards-match-slash wildcards wildcards-match-slash strip-components= \
     transform= xform= keep-directory-symlink k|keep-old-files skip-old-files \
     keep-newer-files overwrite overwrite-dir U|unlink-first recursive-unlink \
     no-overwrite-dir W|verify remove-files ignore-command-error no-ignore-command-error \
     O|to-stdout to-command= atime-preserve? group= group-map= mode= mtime= clamp-mtime \
     m|touch no-delay-directory-restore delay-directory-restore no-same-owner \
     no-same-permissions numeric-owner owner= owner-map= \
     p|preserve-permissions|same-permissions same-owner s|preserve-order|same-order sort= \
     acls no-acls selinux no-selinux xattrs no-xattrs xattrs-exclude= xattrs-include= f|file= \
     force-local F|info-script|new-volume-script= L|tape-length= M|multi-volume rmt-command= \
     rsh-command= volno-file= b|blocking-factor= B|read-full-records i|ignore-zeros \
     record-size= H|format= old-archive|portability pax-option= posix V|label= \
     a|auto-compress I|use-compress-program= j|bzip2 J|xz lzip lzma lzop no-auto-compress \
     zstd z|gzip|gunzip|ungzip Z|compress|uncompress backup? hard-dereference h|dereference \
     K|starting-file= newer-mtime= N|newer|after-date= one-file-system P|absolute-names \
     suffix= checkpoint? checkpoint-action= full-time index-file= l|check-links \
     no-quote-chars= quote-chars= quoting-style= R|block-number show-defaults \
     show-omitted-dirs show-snapshot-field-ranges show-transformed-names show-stored-names \
     totals? utc v|verbose warning= w|interactive|confirmation o help usage version",
    order: Order::Permuted,
    style: Style::OldTar,
    listing: Listing::Whole,
};

static TEE: Syntax = whole("a|append i|ignore-interrupts p output-error? help version");

static TERRAFORM: Syntax = single_dash(
    "chdir= version help",
    &[sub(
        "plan|apply|destroy|refresh|import|init|validate|output|show|fmt|state|workspace|test",
        "auto-approve backup= compact-warnings destroy detailed-exitcode generate-config-out= \
             input? json lock? lock-timeout= no-color out= parallelism= refresh? refresh-only \
             replace= state= state-out= target= var= var-file= raw backend? backend-config= \
             force-copy from-module= get? plugin-dir= reconfigure migrate-state upgrade lockfile= \
             list? write? diff check recursive config= allow-missing-config filter= verbose \
             ignore-remote-version",
    )],
);

static TOUCH: Syntax =
    whole("-f a c|no-create d|date= h|no-dereference m r|reference= t= time= help version");

static TRUNCATE: Syntax = whole("c|no-create o|io-blocks r|reference= s|size= help version");

static UMOUNT: Syntax = part(
    "a|all A|all-targets c|no-canonicalize d|detach-loop fake f|force i|internal-only \
     n|no-mtab l|lazy O|test-opts= R|recursive r|read-only t|types= v|verbose q|quiet \
     N|namespace= h|help V|version",
);

static UNIQ: Syntax = whole(
    "-0123456789 c|count d|repeated D all-repeated? f|skip-fields= group? i|ignore-case \
     s|skip-chars= u|unique z|zero-terminated w|check-chars= help version",
);

static UNZIP: Syntax = part("-AaBbCcDfjKLlMnopqTtuUvVWXZz: d= x P= I= O=");

static WC: Syntax =
    whole("c|bytes m|chars l|lines files0-from= L|max-line-length w|words total= help version");

static WGET: Syntax = part(
    "-n e|execute= V|version h|help b|background o|output-file= a|append-output= d|debug \
     q|quiet v|verbose nv no-verbose report-speed= i|input-file= F|force-html B|base= config= \
     no-config rejected-log= bind-address= t|tries= retry-connrefused retry-on-http-error= \
     O|output-document= nc no-clobber no-netrc c|continue start-pos= progress= show-progress \
     N|timestamping no-if-modified-since no-use-server-timestamps S|server-response spider \
     T|timeout= dns-timeout= connect-timeout= read-timeout= limit-rate= w|wait= waitretry= \
     random-wait no-proxy Q|quota= no-dns-cache restrict-file-names= ignore-case 4|inet4-only \
     6|inet6-only prefer-family= user= password= ask-password use-askpass= no-iri \
     local-encoding= remote-encoding= unlink xattr no-directories x|force-directories \
     no-host-directories protocol-directories P|directory-prefix= cut-dirs= default-page= \
     E|adjust-extension http-user= http-password= no-http-keep-alive no-cache no-cookies \
     load-cookies= save-cookies= keep-session-cookies ignore-length header= compression= \
     max-redirect= proxy-user= proxy-password= referer= save-headers U|user-agent= post-data= \
     post-file= method= body-data= body-file= content-disposition content-on-error \
     trust-server-names auth-no-challenge secure-protocol= https-only no-check-certificate \
     certificate= certificate-type= private-key= private-key-type= ca-certificate= \
     ca-directory= crl-file= pinnedpubkey= random-file= egd-file= ciphers= no-hsts hsts-file= \
     ftp-user= ftp-password= no-remove-listing no-glob no-passive-ftp preserve-permissions \
     retr-symlinks r|recursive l|level= delete-after k|convert-links K|backup-converted \
     m|mirror p|page-requisites strict-comments A|accept= R|reject= accept-regex= \
     reject-regex= regex-type= D|domains= exclude-domains= follow-ftp follow-tags= \
     ignore-tags= H|span-hosts L|relative I|include-directories= X|exclude-directories= np \
     no-parent",
);

static ZIP: Syntax = part(
    "-0123456789AcDdeFfghjJklLmoqRsSuvVwXyzZ@ b|temp-path= t|from-date= n|suffixes= \
     P|password= i|include= x|exclude= O|output-file= r|recurse-paths TT= unzip-command= \
     T|test",
);

/// The names of all tools, for tests that walk them.
#[cfg(test)]
pub(super) const NAMES: &str = "apt apt-get apt-cache aptitude aws awk gawk mawk nawk original-awk basename cargo cat chgrp chown chmod cp curl cut date dd df diff dnf yum docker podman nerdctl dpkg du echo find gfind gh git go grep egrep fgrep zgrep gzip gunzip zcat head helm hg install journalctl kill killall kubectl oc ln ls dir vdir make gmake mkdir mkfs mktemp mount mv npm pip pip3 pkill pgrep pnpm ps readlink realpath rg rm rmdir rsync scp sed gsed sftp shred shutdown reboot halt poweroff sort ssh stat svn systemctl tail tar gtar bsdtar tee terraform tofu touch truncate umount uniq unzip wc wget yarn zip";

static WIPEFS: Syntax = whole(
    "a|all b|backup? f|force i|noheadings J|json lock? n|no-act o|offset= O|output= p|parsable \
     q|quiet t|types= h|help V|version",
);
