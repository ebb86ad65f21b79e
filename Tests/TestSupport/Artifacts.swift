import Foundation

/// Artifacts to publish, the same bytes in every run.
package enum Artifacts: String, Sendable, CaseIterable {
  /// One file whose size is no multiple of anything.
  case singleFile
  /// Hundreds of files smaller than a block, in folders.
  case manySmallFiles
  /// What trips clients: empty files, deep folders, sizes around block and piece borders, names beyond ASCII.
  case awkward
  /// Two large files and a small one, to grant in part.
  case parts

  /// Makes the artifact below `folder` under the name; gives its path.
  package func make(in folder: TemporaryDirectory, named name: String? = nil, seed: UInt64 = 1) throws -> String {
    let name = name ?? rawValue
    var generator = SeededGenerator(seed: seed)
    for (file, size) in files {
      try folder.write(generator.bytes(size), to: file.isEmpty ? name : name + "/" + file)
    }
    return folder.path(name)
  }

  /// A file of so many bytes, the same in every run with the same seed.
  package static func file(_ size: Int, in folder: TemporaryDirectory, named name: String, seed: UInt64 = 1) throws -> String {
    var generator = SeededGenerator(seed: seed)
    return try folder.write(generator.bytes(size), to: name)
  }

  private var files: [(name: String, size: Int)] {
    switch self {
    case .singleFile: [("", 2_345_679)]
    case .manySmallFiles: (0..<300).map { ("d\($0 % 7)/f\($0).txt", $0 * 13 + 1) }
    case .awkward: Self.awkwardFiles
    case .parts: [("open.bin", 700_001), ("secret.bin", 900_001), ("note.txt", 17)]
    }
  }

  private static let awkwardFiles = [
    ("a-first", 1), ("empty", 0), ("sub/empty too", 0), ("sub/block-1", 16_383), ("sub/block", 16_384), ("sub/block+1", 16_385),
    ("sub/deep/er/and/deeper/odd", 777_777), ("Zürich/日本語.txt", 40_000), ("Zürich/ñandú ☃ 🐦", 65_537), ("sub/piece", 262_144),
    ("z-last", 1_048_579),
  ]
}
