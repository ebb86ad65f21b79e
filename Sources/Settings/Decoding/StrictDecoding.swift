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

  private static func described(_ unknownKeys: [UnknownKey], _ keys: KeyRecord) -> [Problem] {
    unknownKeys.map { $0.problem(known: keys.known[$0.container] ?? []) }
  }
}

extension UnknownKey {
  /// The problem, with the key that was probably meant.
  func problem(known: Set<String>) -> Problem {
    Problem(mark: mark, path: container.path, message: explanation ?? "unknown key '\(printable(key))'" + advice(known))
  }

  private func advice(_ known: Set<String>) -> String {
    if let meant = Suggestion.closest(to: key, among: known) { return "; did you mean '\(meant)'?" }
    if known.isEmpty { return "" }
    let names = known.sorted().prefix(20).joined(separator: ", ")
    return known.count > 20 ? "; keys here are \(names) and others" : "; keys here are \(names)"
  }
}
