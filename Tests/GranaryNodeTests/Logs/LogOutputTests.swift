import Foundation
import Logging
import PluginKit
import Settings
import TestSupport
import Testing

@testable import GranaryNode

struct LogOutputTests {
  private let folder: TemporaryDirectory
  private let errors: FileHandle
  private let output: LogOutput

  init() throws {
    folder = try TemporaryDirectory("log")
    let path = try folder.write([], to: "errors")
    errors = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    output = LogOutput(standardError: errors.fileDescriptor)
  }

  private func logger(_ label: String = LogLabel.node) -> Logger { Logger(label: label) { NodeLogHandler(label: $0, output: output) } }

  private func text(_ name: String) throws -> String { String(decoding: try folder.read(name), as: UTF8.self) }

  private func use(_ settings: NodeSettings.Log) throws { output.commit(try output.prepare(settings)) }

  @Test func `lines go to standard error, and what is less than the level does not`() throws {
    let logger = logger()
    logger.debug("one")
    logger.info("two", metadata: .event(.nodeReady))
    #expect(try text("errors").contains("level=info event=node.ready msg=two\n") && !text("errors").contains("one"))
    try use(.init(level: .debug))
    logger.debug("three")
    try use(.init(level: .error))
    logger.warning("four")
    #expect(try text("errors").contains("msg=three") && !text("errors").contains("four"))
  }

  @Test func `a logger may have a higher level of its own, and no lower one`() throws {
    var logger = logger()
    logger.logLevel = .error
    logger.info("one")
    logger.logLevel = .trace
    logger.debug("two")
    #expect(try text("errors").isEmpty)
  }

  @Test func `a file is made for its owner and group, and appended to`() throws {
    let path = folder.path("granary.log")
    try use(.init(file: path))
    logger().notice("one")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
    #expect(try text("granary.log").contains("msg=one\n") && text("errors").isEmpty)
    try folder.write(Array("earlier\n".utf8), to: "old.log")
    try use(.init(file: folder.path("old.log")))
    logger().notice("two")
    #expect(try text("old.log").hasPrefix("earlier\n") && text("old.log").contains("msg=two\n"))
    try use(.init())
    logger().notice("three")
    #expect(try text("errors").contains("msg=three\n"))
  }

  @Test func `a file that was moved away is written to until it is opened anew`() throws {
    let path = folder.path("granary.log")
    try use(.init(file: path))
    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    logger().notice("one")
    #expect(output.reopen() == nil)
    logger().notice("two")
    #expect(try text("granary.log.1").contains("msg=one\n") && text("granary.log").contains("msg=two\n"))
    #expect(try !text("granary.log").contains("msg=one"))
  }

  @Test func `where it cannot be opened anew the old one stays`() throws {
    try folder.write([], to: "logs/granary.log")
    try use(.init(file: folder.path("logs/granary.log")))
    try FileManager.default.moveItem(atPath: folder.path("logs"), toPath: folder.path("away"))
    let failure = try #require(output.reopen())
    #expect(failure.status == .cannotCreate)
    logger().notice("one")
    #expect(try text("away/granary.log").contains("msg=one\n"))
  }

  @Test(arguments: ["nowhere/granary.log", "."])
  func `what cannot be opened changes nothing`(name: String) throws {
    let failure = try #require(throws: Failure.self) { try output.prepare(.init(level: .error, file: folder.path(name))) }
    #expect(failure.status == .cannotCreate)
    logger().info("one")
    #expect(try text("errors").contains("msg=one"))
  }

  @Test func `a pipe is no file to append to`() throws {
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    #expect(throws: Failure.self) { try output.prepare(.init(file: folder.path("pipe"))) }
  }

  @Test func `cron is told of warnings only, and a file of everything`() throws {
    output.reader(isJournal: false, isQuiet: true)
    try use(.init())
    logger().notice("one")
    logger(LogLabel.plugin + "external").notice("two")
    logger().warning("three")
    #expect(try text("errors").contains("three") && !text("errors").contains("one") && !text("errors").contains("two"))
    try use(.init(file: folder.path("granary.log")))
    logger().notice("four")
    #expect(try text("granary.log").contains("four"))
  }

  @Test func `the journal has priorities, and a file has times all the same`() throws {
    output.reader(isJournal: true, isQuiet: false)
    logger().notice("one")
    #expect(try text("errors").hasPrefix("<5>level=notice "))
    try use(.init(file: folder.path("granary.log")))
    logger().notice("two")
    #expect(try text("granary.log").hasPrefix("time="))
  }

  @Test func `lines that are lost are counted`() throws {
    // What is full takes no byte.
    let full = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
    let output = LogOutput(standardError: full.fileDescriptor)
    let logger = Logger(label: "granary") { NodeLogHandler(label: $0, output: output) }
    for _ in 0..<3 { logger.notice("lost") }
    output.commit(try output.prepare(.init(file: folder.path("granary.log"))))
    logger.notice("found")
    let lines = try text("granary.log").split(separator: "\n")
    #expect(lines.count == 2 && lines.first?.contains("event=log.lost") == true && lines.first?.contains("count=3") == true)
  }

  @Test func `last words are on standard error as they ever were, and in the file`() throws {
    try use(.init(file: folder.path("granary.log")))
    output.lastWords("watchdog: a\nb")
    #expect(try text("errors") == "granary: error: watchdog: a\\u{a}b\n")
    #expect(try text("granary.log").contains("level=error event=node.stopped msg=\"watchdog: a\\nb\"\n"))
  }
}
