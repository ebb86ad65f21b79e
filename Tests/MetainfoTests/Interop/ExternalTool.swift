import Foundation
import TestSupport

/// A program that we did not write, run for its answer.
struct ExternalTool {
  static let mktorrent = ExternalTool("/usr/bin/mktorrent")
  static let transmissionCreate = ExternalTool("/usr/bin/transmission-create")
  static let transmissionShow = ExternalTool("/usr/bin/transmission-show")
  static let python = ExternalTool("/usr/bin/python3")

  /// Whether Python can import libtorrent.
  static let hasLibtorrent: Bool = (try? python.run(["-c", "import libtorrent"])) != nil

  /// Whether Transmission can read a dictionary with an empty key, as each file tree has (BEP 52). Asked with a v1 torrent that has one.
  static let transmissionReadsHybrids: Bool = {
    let info = "d0:de6:lengthi1e4:name1:x12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"
    guard let folder = try? TemporaryDirectory("metainfo"),
      let path = try? folder.write(Array("d4:info\(info)e".utf8), to: "probe.torrent")
    else { return false }
    return (try? transmissionShow.run([path])) != nil
  }()

  let path: String
  var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

  private init(_ path: String) {
    self.path = path
  }

  struct Failure: Error {
    let status: Int32
    let output: String
  }

  /// Runs the program to its end; gives what it printed. Throws where it fails.
  @discardableResult
  func run(_ arguments: [String], in folder: String? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus, output: text) }
    return text
  }
}
