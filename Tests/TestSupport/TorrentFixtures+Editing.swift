import Metainfo

extension Bencode {
  /// One step into a value: a dictionary's key or a list's index.
  package enum Step: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case key([UInt8])
    case index(Int)

    package init(stringLiteral key: String) { self = .key(Array(key.utf8)) }
    package init(integerLiteral index: Int) { self = .index(index) }
  }

  /// The value with what is at `path` replaced, added, or with nil taken away. An index past a list's end appends.
  package func setting(_ path: Step..., to value: Bencode?) -> Bencode {
    setting(path[...], to: value)
  }

  private func setting(_ path: ArraySlice<Step>, to value: Bencode?) -> Bencode {
    guard let step = path.first else { return value ?? self }
    let rest = path.dropFirst()
    switch (self, step) {
    case (.dictionary(var entries), .key(let key)):
      entries[key] = rest.isEmpty ? value : (entries[key] ?? .dictionary([:])).setting(rest, to: value)
      return .dictionary(entries)
    case (.list(var elements), .index(let index)):
      guard index < elements.count else { return .list(elements + [value ?? .list([])]) }
      if rest.isEmpty, value == nil { elements.remove(at: index) } else { elements[index] = elements[index].setting(rest, to: value) }
      return .list(elements)
    default:
      return self
    }
  }

  /// A list of strings.
  package static func strings(_ texts: String...) -> Bencode { .list(texts.map { .string($0) }) }
}
