import Foundation
import TestSupport
import Testing

@testable import GranaryNode

struct ServiceNotifierTests {
  @Test func `notices are the protocol's lines`() {
    func text(_ notice: ServiceNotice) -> String { String(decoding: notice.bytes, as: UTF8.self) }
    #expect(text(.ready("one artifact")) == "READY=1\nSTATUS=one artifact\n")
    #expect(text(.reloading(at: 12)) == "RELOADING=1\nMONOTONIC_USEC=12\nSTATUS=reading the configuration again\n")
    #expect(text(.stopping("draining", within: .seconds(2))) == "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=2000000\n")
    #expect(text(.extending(.milliseconds(1))) == "EXTEND_TIMEOUT_USEC=1000\n")
    #expect(text(.mainProcess(42)) == "MAINPID=42\n")
    #expect(text(.watchdog) == "WATCHDOG=1\n")
  }

  @Test func `a status that holds a name adds no line`() {
    #expect(
      String(decoding: ServiceNotice.status("a\nREADY=1\nMAINPID=1").bytes, as: UTF8.self) == "STATUS=a\\u{a}READY=1\\u{a}MAINPID=1\n")
    #expect(ServiceNotice.status(String(repeating: "a", count: 5000)).bytes.count < 500)
  }

  @Test func `notices arrive at a path and at an abstract name, each in one datagram`() throws {
    let folder = try TemporaryDirectory("notify")
    for name in [folder.path("notify"), "@granary-notify-\(UUID().uuidString)"] {
      let manager = try NotifySocket(name)
      let notifier = ServiceNotifier(try ServiceEnvironment(["NOTIFY_SOCKET": name], pid: 1).notify)
      #expect(notifier.send(.ready("here")) && notifier.send(.watchdog))
      #expect(try manager.receive() == "READY=1\nSTATUS=here\n")
      #expect(try manager.receive() == "WATCHDOG=1\n")
    }
  }

  @Test func `nobody waits for a manager that is not there`() throws {
    #expect(ServiceNotifier(nil).send(.watchdog))
    #expect(!ServiceNotifier(.path("/nowhere/notify")).send(.watchdog))
    #expect(!ServiceNotifier(.abstract("granary-nobody-\(UUID().uuidString)")).send(.watchdog))
  }

  @Test func `the clock of reloads is CLOCK_MONOTONIC`() async throws {
    func theirs() async throws -> UInt64 {
      let code = "import time; print(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)"
      let text = try await ProcessRunner("/usr/bin/python3", ["-c", code]).output(within: .seconds(60))
      return try #require(UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
    let before = try await theirs()
    let ours = monotonicMicroseconds()
    let after = try await theirs()
    #expect(before <= ours && ours <= after)
  }
}
