import Foundation
import TestSupport

/// Debian's cron with a machine of its own around it: its crontabs, its mail and its processes are nobody else's, and go with it.
struct CronDaemon: Sendable {
  private let folder: TemporaryDirectory
  private let mounts: MountNamespace
  private let cron: RunningProcess

  /// What cron sees of the machine's files. /usr/sbin is what it is, with a sendmail that keeps what it is given.
  private static let stage = """
    set -e
    mount -t tmpfs tmpfs "$1"
    mkdir "$1/upper" "$1/work" "$1/spool" "$1/spool/crontabs" "$1/cron.d" "$1/run"
    : > "$1/crontab"
    mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$1/upper,workdir=$1/work" /usr/sbin
    install -m 755 "$2/sendmail" /usr/sbin/sendmail
    install -m 644 "$2"/jobs/* "$1/cron.d"
    mount --bind "$1/spool" /var/spool/cron
    mount --bind "$1/cron.d" /etc/cron.d
    mount --bind "$1/crontab" /etc/crontab
    mount --bind "$1/run" /run
    """

  /// Starts cron with these files in /etc/cron.d.
  init(_ jobs: [String: String]) async throws {
    folder = try TemporaryDirectory("cron")
    for (name, text) in jobs { try folder.write(Array(text.utf8), to: "jobs/" + name) }
    let sendmail = "#!/bin/sh\n{ echo \"$*\"; cat; } > '\(folder.path("mail"))'/$$\n"
    try folder.write(Array(sendmail.utf8), to: "sendmail")
    for name in ["mail", "stage"] { try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true) }
    mounts = try await MountNamespace()
    try await mounts.run("sh", "-c", Self.stage, "sh", folder.path("stage"), folder.path)
    // TERM, which we get where the tests end without having seen to us, is nothing to unshare.
    let alone = "unshare --pid --fork --kill-child --mount-proc cron -f & echo $!; trap 'kill -KILL $!' TERM; wait"
    cron = try mounts.wrap(ProcessRunner("sh", ["-c", alone])).start()
  }

  /// What was mailed: of each mail what sendmail was called with, and then the mail itself.
  func mails() throws -> [String] {
    try folder.entries("mail").map { String(decoding: try folder.read("mail/" + $0), as: UTF8.self) }
  }

  /// How cron ended; nil while it runs.
  var exit: ProcessExit? { cron.exit }

  /// Tells all processes of this program that cron has started to end, and waits until they have.
  func end(_ program: String, within limit: Duration = .seconds(120)) async throws {
    // One TERM each, since a second one is too many for a run that drains; then until the kernel says that they are gone.
    let script = """
      for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" = "$1" ] && all="$all ${p#/proc/}"; done
      [ -n "$all" ] || exit 0
      kill -TERM $all; echo $all
      for p in $all; do timeout \(limit.components.seconds) tail --pid="$p" -f /dev/null || exit 1; done
      """
    let deadline = ContinuousClock.now + limit
    // Those that waited for others may have begun meanwhile, and cron starts new ones.
    while try await inside("sh", "-c", script, "sh", program).isEmpty == false {
      guard ContinuousClock.now < deadline else { throw ProcessFailure("runs do not end after TERM") }
    }
  }

  /// Kills cron and everything that it has started.
  func kill() async { await cron.kill() }

  /// Runs a command among cron's processes; gives its output.
  private func inside(_ program: String, _ arguments: String...) async throws -> String {
    let outside = cron.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let children = try String(contentsOfFile: "/proc/\(outside)/task/\(outside)/children", encoding: .utf8)
    let first = children.split(separator: " ").first.map(String.init) ?? ""
    return try await ProcessRunner("nsenter", ["--target", first, "--mount", "--pid", program] + arguments).output()
  }
}
