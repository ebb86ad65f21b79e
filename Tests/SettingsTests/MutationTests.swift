import Foundation
import PluginKit
import Settings
import TestSupport
import Testing

/// Files that no one meant to write: whatever is in them, reading ends with settings or with places.
struct MutationTests {
  private static let fragments = [
    "- ", ": ", "[", "]", "{", "}", "\n", "\t", "&a ", "*a", "!!", "<<: ", "\"", "'", "|\n", ">-\n", "? ", "---\n", "...\n", "%YAML 1.9\n",
    "~",
    "99999999999999999999999", "-1", "0x", "yes", "\u{FEFF}", "\u{85}", "é", "unlimited", "address", "1 GiB/s", "gate: {}",
  ]

  /// One to four edits at places that the generator picks.
  private static func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0..<max(1, bytes.count), using: &generator)
      guard place < bytes.count else { break }
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: place)
      case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &generator)))
      case 3: bytes.insert(contentsOf: Array((fragments.randomElement(using: &generator) ?? "").utf8), at: place)
      default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 60)], at: Int.random(in: 0..<bytes.count, using: &generator))
      }
    }
    return bytes
  }

  @Test("Mutated samples are read or refused with places, and never end the process", arguments: ["granary.yaml", "office-hours.yaml"])
  func mutations(name: String) throws {
    let original = Array(try Data(contentsOf: URL(filePath: configFolder + "/" + name)))
    var generator = SeededGenerator(seed: 20_261_122)
    var (accepted, refused) = (0, 0)
    for _ in 0..<400 {
      let bytes = Self.mutated(original, using: &generator)
      do throws(SettingsErrors) {
        let settings = try NodeSettings.load(bytes: bytes, file: "m.yaml", environment: SettingsEnvironment())
        for entry in settings.pipeline { _ = try? entry.source.decode([String: [String]].self) }
        accepted += 1
      } catch {
        refused += 1
        #expect(!error.lines.isEmpty)
        #expect(error.lines.allSatisfy { $0.place.hasPrefix("m.yaml:") && !$0.message.isEmpty && !$0.description.contains("\n") })
      }
    }
    // Most edits within comments are harmless, most others are not.
    #expect(accepted > 20)
    #expect(refused > 20)
  }
}
