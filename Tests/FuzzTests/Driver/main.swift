// granary-fuzz TARGET [OPTION OR FOLDER]...   fuzzes: what libFuzzer takes
// granary-fuzz --seeds TARGET FOLDER          writes the inputs to begin from
// granary-fuzz --list                         prints the targets' names

import CLibFuzzer
import Foundation

/// The target that this run feeds. libFuzzer calls back without a context, on one thread.
nonisolated(unsafe) var target: (any FuzzTarget)?

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("granary-fuzz: \(message)\n".utf8))
  exit(64)
}

func type(named name: String) -> any FuzzTarget.Type {
  guard let type = fuzzTargets.first(where: { $0.name == name }) else { fail("there is no target '\(name)'") }
  return type
}

func writeSeeds(of type: any FuzzTarget.Type, to folder: String) throws {
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  for (index, seed) in try type.init().seeds().enumerated() {
    try Data(seed).write(to: URL(filePath: "\(folder)/seed-\(index)"))
  }
}

func fuzz(_ type: any FuzzTarget.Type, options: [String]) throws -> Int32 {
  target = try type.init()
  let words = [CommandLine.arguments[0], "-max_len=\(type.maximumLength)"] + options
  var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
  var count = Int32(words.count)
  return arguments.withUnsafeMutableBufferPointer { arguments in
    var start = arguments.baseAddress
    return LLVMFuzzerRunDriver(&count, &start) { data, size in
      do {
        try target?.run(Array(UnsafeBufferPointer(start: data, count: size)))
      } catch {
        fatalError("\(error)")
      }
      return 0
    }
  }
}

let words = Array(CommandLine.arguments.dropFirst())
do {
  switch (words.first, words.count) {
  case ("--list", 1): for type in fuzzTargets { print(type.name) }
  case ("--seeds", 3): try writeSeeds(of: type(named: words[1]), to: words[2])
  case (let name?, _) where !name.hasPrefix("-"): exit(try fuzz(type(named: name), options: Array(words.dropFirst())))
  default: fail("usage: granary-fuzz TARGET [OPTION OR FOLDER]... | --seeds TARGET FOLDER | --list")
  }
} catch {
  fail("\(error)")
}
