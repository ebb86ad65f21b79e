/// What came of decoding a value.
struct Decoded<Value> {
  /// The value. With problems it holds stand-ins, or is nil where the type could not be made at all.
  let value: Value?
  let problems: [Problem]
}

/// Decodes a value with every problem that can be found.
enum StrictDecoding {
  /// Each pass finds one problem of a type, or one mapping's unknown keys.
  static let maximumPasses = 100
  /// Unknown keys that are named; of the others there is only the number.
  static let maximumUnknownKeys = 100

  static func decode<T: Decodable>(_ type: T.Type, from node: YAMLNode, file: String, path: SettingsPath = SettingsPath()) -> Decoded<T> {
    let keys = KeyRecord()
    var excused: Set<Excuse> = []
    var problems: [Problem] = []
    var unknownKeys: [UnknownKey] = []
    for _ in 0..<maximumPasses {
      let pass = DecodingPass(file: file, rootPath: path, excused: excused, keys: keys)
      do throws(DecodingFailure) {
        let value = try StrictDecoder(pass: pass, node: node, path: path).value(type)
        return Decoded(value: value, problems: problems + described(unknownKeys, keys))
      } catch {
        problems += error.problems
        unknownKeys += error.unknownKeys
        guard let excuse = error.excuse, excused.insert(excuse).inserted else {
          return Decoded(value: nil, problems: problems + described(unknownKeys, keys))
        }
      }
    }
    problems += described(unknownKeys, keys)
    let last = problems.map(\.mark).max() ?? node.mark
    return Decoded(value: nil, problems: problems + [Problem(mark: last, message: "more problems may follow; these are enough for now")])
  }

  /// Looking for the key that was meant costs something, and nobody reads thousands of these: a file that is none of ours is told so soon.
  private static func described(_ unknownKeys: [UnknownKey], _ keys: KeyRecord) -> [Problem] {
    let shown = unknownKeys.prefix(maximumUnknownKeys)
    let problems = shown.map { $0.problem(known: keys.known[$0.container] ?? []) }
    guard let next = unknownKeys.dropFirst(maximumUnknownKeys).first else { return problems }
    let message = "this key and \(unknownKeys.count - shown.count - 1) more are unknown"
    return problems + [Problem(mark: next.mark, path: next.container.path, message: message)]
  }
}

extension UnknownKey {
  /// The problem, with the key that was probably meant.
  func problem(known: Set<String>) -> Problem {
    Problem(mark: mark, path: container.path, message: "unknown key '\(printable(key))'" + advice(known))
  }

  private func advice(_ known: Set<String>) -> String {
    if let meant = Suggestion.closest(to: key, among: known) { return "; did you mean '\(meant)'?" }
    if known.isEmpty { return "" }
    let names = known.sorted().prefix(20).joined(separator: ", ")
    return known.count > 20 ? "; keys here are \(names) and others" : "; keys here are \(names)"
  }
}
