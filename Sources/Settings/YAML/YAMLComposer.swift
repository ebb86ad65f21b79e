/// Makes the tree of a document from libyaml's events, and refuses what is YAML but not ours.
struct YAMLComposer: ~Copyable {
  private let parser: LibYAMLParser
  private let limits: YAMLLimits
  private var nodes = 0
  private var problems: [Problem] = []

  /// Reading ends here; the last of `problems` says why.
  private struct Stop: Error {}

  /// The value of the only document in the bytes.
  static func compose(_ bytes: [UInt8], file: String, limits: YAMLLimits) throws(SettingsErrors) -> YAMLNode {
    do {
      var composer = YAMLComposer(parser: try LibYAMLParser(bytes), limits: limits)
      guard let root = try? composer.document(), composer.problems.isEmpty else {
        throw SettingsErrors(composer.problems, file: file)
      }
      return root
    } catch let error as YAMLSyntaxError {
      throw SettingsErrors([Problem(mark: error.mark, message: error.message)], file: file)
    } catch {
      throw error as? SettingsErrors ?? SettingsErrors([SettingsErrorLine(place: file, message: "\(error)")])
    }
  }

  private init(parser: consuming LibYAMLParser, limits: YAMLLimits) {
    self.parser = parser
    self.limits = limits
  }

  private mutating func document() throws(Stop) -> YAMLNode {
    while true {
      let event = try next()
      switch event.content {
      case .documentStart: return try onlyDocument()
      case .streamEnd: return .null(at: YAMLMark(line: 1, column: 1))
      default: continue
      }
    }
  }

  private mutating func onlyDocument() throws(Stop) -> YAMLNode {
    let root = try value(of: try next(), depth: 1)
    while true {
      let event = try next()
      switch event.content {
      case .streamEnd: return root
      case .documentStart: try stop(event.mark, "a second document begins here; a configuration is one document")
      default: continue
      }
    }
  }

  private mutating func value(of event: YAMLEvent, depth: Int) throws(Stop) -> YAMLNode {
    nodes += 1
    if nodes > limits.nodes { try stop(event.mark, "the file holds more than \(limits.nodes) values") }
    if depth > limits.depth { try stop(event.mark, "values are nested more than \(limits.depth) deep") }
    switch event.content {
    case .scalar(let text, let isPlain, let properties):
      try refuseAnchor(properties, event.mark)
      return YAMLNode(.scalar(try scalar(text, isPlain, properties, event.mark)), mark: event.mark)
    case .sequenceStart(let properties):
      try refuse(properties, unlessTag: "tag:yaml.org,2002:seq", event.mark)
      return YAMLNode(.sequence(try items(depth: depth)), mark: event.mark)
    case .mappingStart(let properties):
      try refuse(properties, unlessTag: "tag:yaml.org,2002:map", event.mark)
      return YAMLNode(.mapping(try pairs(depth: depth)), mark: event.mark)
    case .alias(let name):
      try record(event.mark, "the alias *\(printable(name)): aliases are not supported, write the value out")
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
      try stop(event.mark, "a value was expected here")
    }
    return .null(at: event.mark)
  }

  private mutating func items(depth: Int) throws(Stop) -> [YAMLNode] {
    var items: [YAMLNode] = []
    while true {
      let event = try next()
      if case .sequenceEnd = event.content { return items }
      items.append(try value(of: event, depth: depth + 1))
    }
  }

  private mutating func pairs(depth: Int) throws(Stop) -> [YAMLPair] {
    var pairs: [YAMLPair] = []
    var places: [String: YAMLMark] = [:]
    while true {
      let event = try next()
      if case .mappingEnd = event.content { return pairs }
      let key = try key(try value(of: event, depth: depth + 1), isAlias: event.isAlias)
      let value = try value(of: try next(), depth: depth + 1)
      guard let key else { continue }
      if let first = places.updateValue(event.mark, forKey: key) {
        places[key] = first
        try record(event.mark, "the key '\(printable(key))' stands here a second time; the first is at \(first.line):\(first.column)")
      } else {
        pairs.append(YAMLPair(key: key, keyMark: event.mark, value: value))
      }
    }
  }

  /// The text of a key; nil where the key is refused.
  private mutating func key(_ node: YAMLNode, isAlias: Bool) throws(Stop) -> String? {
    guard !isAlias else { return nil }
    guard case .scalar(let scalar) = node.content else {
      try record(node.mark, "a key must be a text, found \(node.found)")
      return nil
    }
    if scalar.kind == .null {
      try record(node.mark, "a key is missing before the colon")
    } else if scalar.isPlain, scalar.text == "<<" {
      try record(node.mark, "merge keys (<<) are not supported, write the keys out")
    } else {
      return scalar.text
    }
    return nil
  }

  private mutating func scalar(
    _ text: String, _ isPlain: Bool, _ properties: YAMLEvent.Properties, _ mark: YAMLMark
  ) throws(Stop) -> YAMLScalar {
    guard let tag = properties.tag else { return YAMLScalar(text: text, isPlain: isPlain) }
    guard let kind = YAMLScalar.Kind(tag: tag) else {
      try refuse(tag, mark)
      return YAMLScalar(text: text, kind: .string, isPlain: isPlain)
    }
    if kind != .string, kind != YAMLScalar.Kind(plain: text) {
      try record(mark, "the tag does not fit the value '\(printable(text))'")
    }
    return YAMLScalar(text: text, kind: kind, isPlain: isPlain)
  }

  private mutating func refuse(_ properties: YAMLEvent.Properties, unlessTag core: String, _ mark: YAMLMark) throws(Stop) {
    try refuseAnchor(properties, mark)
    if let tag = properties.tag, tag != core, tag != "!" { try refuse(tag, mark) }
  }

  private mutating func refuseAnchor(_ properties: YAMLEvent.Properties, _ mark: YAMLMark) throws(Stop) {
    guard let anchor = properties.anchor else { return }
    try record(mark, "the anchor &\(printable(anchor)): anchors are not supported, write the value out where it is used")
  }

  private mutating func refuse(_ tag: String, _ mark: YAMLMark) throws(Stop) {
    try record(mark, "the tag '\(printable(tag))' is not supported")
  }

  private mutating func next() throws(Stop) -> YAMLEvent {
    do {
      return try parser.next()
    } catch {
      problems.append(Problem(mark: error.mark, message: error.message))
      throw Stop()
    }
  }

  private mutating func record(_ mark: YAMLMark, _ message: String) throws(Stop) {
    problems.append(Problem(mark: mark, message: message))
    guard problems.count < limits.problems else {
      problems.append(Problem(mark: mark, message: "more problems may follow; these are enough for now"))
      throw Stop()
    }
  }

  private mutating func stop(_ mark: YAMLMark, _ message: String) throws(Stop) {
    problems.append(Problem(mark: mark, message: message))
    throw Stop()
  }
}
