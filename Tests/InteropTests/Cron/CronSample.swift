import Foundation
import TestSupport
import Testing

/// A file of deploy/cron as a test has it: every minute, with shorter times, on a host of the test's.
struct CronSample: Sendable, CustomTestStringConvertible {
  /// The file's name.
  let name: String
  /// What is written otherwise, beside what is so for all: each must be there.
  let changes: [(from: String, to: String)]
  /// Why its runs end.
  let end: String
  /// Whether runs leave in others' favour, rather than wait for them or take their place.
  var isSkipping = false

  var testDescription: String { name }

  /// All of them; one run follows another in each.
  static let all = [
    CronSample(
      name: "granary",
      changes: [("*/5 * * * *", "* * * * *"), ("--for 1h", "--for 115s"), ("--splay 1m", "--splay 2s")],
      end: "for", isSkipping: true),
    CronSample(name: "granary-wait", changes: [("0 * * * *", "* * * * *"), ("--for 1h", "--for 1m")], end: "for"),
    CronSample(name: "granary-replace", changes: [("0 * * * *", "* * * * *")], end: "replaced"),
  ]

  static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../deploy/cron").standardized.path

  /// The file with this in place of the packaged program, paths and user.
  func text(_ host: GranaryHost, program: String) throws -> String {
    var text = try String(contentsOfFile: Self.folder + "/" + name, encoding: .utf8)
    let places = [
      ("/etc/granary/granary.yaml", host.folder.path("granary.yaml")),
      ("/var/lib/granary/last-run.json", host.folder.path("last-run.json")),
      ("  granary  ", "  root  "), ("/usr/bin/granary", program),
    ]
    for (from, to) in places + changes {
      try #require(text.contains(from), "deploy/cron/\(name) no longer has '\(from)'")
      text = text.replacing(from, with: to)
    }
    return text.replacing("/usr/share/granary", with: Self.folder)
  }
}
