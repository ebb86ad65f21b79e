import Foundation
import TestSupport

/// A page in headless Chromium (`Clients/chromium_page.py`), with steps that are done one after the other.
struct ChromiumPage: Sendable {
  /// What came of it.
  struct Report: Sendable {
    /// What `print` steps gave, in their order.
    var values: [String] = []
    /// Exceptions, errors on the console, and what the page's content policy forbade.
    var problems: [String] = []
    /// What was asked of anybody but the page's own server.
    var foreign: [String] = []
  }

  private struct Line: Decodable {
    let value: String?
    let problems: [String]?
    let foreign: [String]?
    let failed: String?
  }

  private let process: RunningProcess

  /// Opens `url`, after `before`, and goes on with `steps`.
  init(_ url: String, before: [String] = [], _ steps: [String]) throws {
    // The packages' program; its name is another where Chromium is not Debian's.
    let browser = ProcessInfo.processInfo.environment["GRANARY_CHROMIUM"] ?? "chromium"
    let words = before + ["open=\(url)"] + steps
    process = try PythonScript.runner("chromium_page.py", ["--browser", browser, "--limit", "60", "--origin", url] + words).start()
  }

  /// What it has printed so far.
  var values: [String] { (try? lines())?.compactMap(\.value) ?? [] }

  /// Waits until so many values were printed.
  func wait(values count: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(90)
    while values.count < count {
      let exit = await process.exit(within: .milliseconds(50))
      guard exit == nil, ContinuousClock.now < deadline else {
        throw ProcessFailure("the page came no further: \(process.result(exit: exit))")
      }
    }
  }

  /// Waits for the end of all steps, which must come true.
  func finish() async throws -> Report {
    let exit = await process.exit(within: .seconds(240))
    if exit == nil { await process.kill() }
    let lines = try lines()
    if let failed = lines.lazy.compactMap(\.failed).first { throw ProcessFailure(failed) }
    guard exit == .code(0), let last = lines.last, let problems = last.problems, let foreign = last.foreign else {
      throw ProcessFailure("\(process.result(exit: exit))")
    }
    return Report(values: lines.compactMap(\.value), problems: problems, foreign: foreign)
  }

  private func lines() throws -> [Line] {
    // The last one may not be whole yet.
    let text = process.output
    return try text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1).map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  /// A step that takes a picture of the whole page, where somebody wants to see it: into the folder that GRANARY_SCREENSHOTS names.
  static func picture(_ name: String) -> [String] {
    ProcessInfo.processInfo.environment["GRANARY_SCREENSHOTS"].map { ["shot=\($0)/\(name).png"] } ?? []
  }

  /// How far the page reaches beyond its window, to the right.
  static let overflow = "print=String(document.documentElement.scrollWidth - innerWidth)"
}
