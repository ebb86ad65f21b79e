import Foundation
import Testing

@testable import GranaryNode

struct ServiceEnvironmentTests {
  private func made(_ variables: [String: String], pid: Int32 = 7) throws -> ServiceEnvironment {
    try ServiceEnvironment(variables, pid: pid)
  }

  @Test func `without a manager there is nothing`() throws {
    #expect(try made([:]) == .none)
    #expect(try made(["NOTIFY_SOCKET": "", "JOURNAL_STREAM": "", "LISTEN_FDS": "2"]) == .none)
  }

  @Test func `the notify socket is a path or an abstract name`() throws {
    #expect(try made(["NOTIFY_SOCKET": "/run/systemd/notify"]).notify == .path("/run/systemd/notify"))
    #expect(try made(["NOTIFY_SOCKET": "@/org/systemd"]).notify == .abstract("/org/systemd"))
    #expect(try made(["NOTIFY_SOCKET": "/" + String(repeating: "a", count: 106)]).notify != nil)
  }

  @Test(arguments: ["notify", "./notify", "@", "/", "vsock:2:9999", "/" + String(repeating: "a", count: 107)])
  func `what is neither is an error of the configuration`(text: String) throws {
    let failure = try #require(throws: Failure.self) { try made(["NOTIFY_SOCKET": text]) }
    #expect(failure.status == .configuration && failure.lines.first?.message.hasPrefix("the environment's NOTIFY_SOCKET is '") == true)
  }

  @Test func `the watchdog is ours unless it names another`() throws {
    #expect(try made(["WATCHDOG_USEC": "30000000"]).watchdog == .seconds(30))
    #expect(try made(["WATCHDOG_USEC": "1", "WATCHDOG_PID": "7"]).watchdog == .microseconds(1))
    #expect(try made(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"]).watchdog == nil)
    #expect(try made(["WATCHDOG_PID": "7"]).watchdog == nil)
  }

  @Test func `descriptors are ours where they are meant for us, with their names`() throws {
    let two = ["LISTEN_PID": "7", "LISTEN_FDS": "2"]
    #expect(try made(two).inherited == [.init(descriptor: 3, name: nil), .init(descriptor: 4, name: nil)])
    #expect(try made(two.merging(["LISTEN_FDNAMES": "peers:"]) { $1 }).inherited.map(\.name) == ["peers", ""])
    #expect(try made(two, pid: 8).inherited.isEmpty)
    #expect(try made(["LISTEN_FDS": "2"]).inherited.isEmpty)
    #expect(try made(["LISTEN_PID": "7", "LISTEN_FDS": "0", "LISTEN_FDNAMES": ""]).inherited.isEmpty)
  }

  @Test func `the journal's stream is a device and an inode`() throws {
    #expect(try made(["JOURNAL_STREAM": "8:12345"]).journal == .init(device: 8, inode: 12345))
  }

  @Test(
    arguments: [
      ["WATCHDOG_USEC": "soon"], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "-1"], ["WATCHDOG_USEC": "+1"], ["WATCHDOG_USEC": ""],
      ["WATCHDOG_USEC": "99999999999999999999"], ["WATCHDOG_USEC": "1", "WATCHDOG_PID": "me"],
      ["LISTEN_PID": "7", "LISTEN_FDS": "two"], ["LISTEN_PID": "7", "LISTEN_FDS": "-1"], ["LISTEN_PID": "7", "LISTEN_FDS": "100000"],
      ["LISTEN_PID": "0", "LISTEN_FDS": "1"], ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "one"],
      ["JOURNAL_STREAM": "8"], ["JOURNAL_STREAM": "8:a"], ["JOURNAL_STREAM": "1:2:3"],
    ])
  func `bad values are errors of the configuration`(variables: [String: String]) throws {
    let failure = try #require(throws: Failure.self) { try made(variables) }
    #expect(failure.status == .configuration)
  }

  @Test func `standard error is the journal's where it is the file that is named`() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("granary-journal-\(UUID().uuidString)")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let handle = try FileHandle(forReadingFrom: file)
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    let (device, inode) = (try #require(attributes[.systemNumber] as? Int), try #require(attributes[.systemFileNumber] as? Int))
    #expect(try made(["JOURNAL_STREAM": "\(device):\(inode)"]).isJournal(handle.fileDescriptor))
    #expect(try !made(["JOURNAL_STREAM": "\(device):\(inode + 1)"]).isJournal(handle.fileDescriptor))
    #expect(!ServiceEnvironment.none.isJournal(handle.fileDescriptor))
  }
}
