import Foundation
import TestSupport

/// What crosses a member's interface, written down by tcpdump.
struct Capture: Sendable {
  private let process: RunningProcess
  private let folder: TemporaryDirectory

  /// Starts, and waits until nothing is missed any more.
  static func start(on member: NetworkNamespaces.Member) async throws -> Capture {
    let capture = try Capture(member)
    let deadline = ContinuousClock.now + .seconds(20)
    while !capture.process.errors.contains("listening on") {
      guard ContinuousClock.now < deadline, capture.process.exit == nil else {
        throw ProcessFailure("no capture: \(capture.process.errors)")
      }
      _ = await capture.process.exit(within: .milliseconds(20))
    }
    return capture
  }

  private init(_ member: NetworkNamespaces.Member) throws {
    folder = try TemporaryDirectory("capture")
    // Packet by packet, and as root to the end: it would otherwise become somebody who may not write here.
    let arguments = ["-i", "eth0", "-U", "-Z", "root", "--immediate-mode", "-s", "0", "-w", folder.path("packets"), "tcp"]
    process = try member.wrap(ProcessRunner("tcpdump", arguments)).start()
  }

  /// Everything that was seen, once it has stopped.
  func finish() async throws -> Data {
    process.send(SIGINT)
    guard await process.exit(within: .seconds(10)) == .code(0) else { throw ProcessFailure("\(process.result(exit: process.exit))") }
    return try Data(folder.read("packets"))
  }
}

extension Data {
  /// Whether the bytes are in it.
  func holds(_ bytes: [UInt8]) -> Bool { range(of: Data(bytes)) != nil }
  /// Whether the text is in it, in either case.
  func holds(_ text: String) -> Bool { [text, text.lowercased(), text.uppercased()].contains { holds(Array($0.utf8)) } }
}
