import Foundation
import TestSupport
import Testing

/// What the fuzzers once found, and the sound inputs that they begin from, go through every target without harm.
@Suite struct ReplayTests {
  private static let names = fuzzTargets.map { $0.name }

  private func target(_ name: String) throws -> any FuzzTarget {
    let type = try #require(fuzzTargets.first { $0.name == name })
    return try type.init()
  }

  /// Runs an input, and sees to it that it takes no longer than anybody would wait for: a fuzzer's limit is five seconds, sanitizer included.
  /// Those are of the thread, for a busy machine takes its own time; what is done on the disk's thread shows by the clock.
  private func run(_ input: [UInt8], _ target: inout any FuzzTarget, _ what: String) throws {
    var took = Duration.zero
    let elapsed = try ContinuousClock().measure { took = try ThreadTime.measure { try target.run(input) } }
    #expect(took < .seconds(5) && elapsed < .seconds(60), "\(what) took \(took) of \(elapsed)")
  }

  @Test(arguments: names) func `found inputs do no harm any more`(name: String) throws {
    let folder = try #require(Bundle.module.resourceURL).appending(path: "Found/\(name)")
    guard FileManager.default.fileExists(atPath: folder.path) else { return }
    var target = try target(name)
    for defect in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      try run(Array(Data(contentsOf: folder.appending(path: defect))), &target, defect)
    }
  }

  @Test(arguments: names) func `seeds do no harm, and neither does any beginning of one`(name: String) throws {
    var target = try target(name)
    let seeds = try target.seeds()
    #expect(!seeds.isEmpty)
    for (index, seed) in seeds.enumerated() {
      try run(seed, &target, "seed \(index)")
      for length in stride(from: 0, to: seed.count, by: max(1, seed.count / 32)) { try run(Array(seed.prefix(length)), &target, "a cut") }
    }
  }

  @Test func `every folder of found inputs is some target's`() throws {
    let folder = try #require(Bundle.module.resourceURL).appending(path: "Found")
    let folders = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }
    #expect(Set(folders).isSubset(of: Self.names))
  }
}
