/// A step of libyaml's through a text.
struct YAMLEvent {
  /// What may stand before a node.
  struct Properties {
    /// `&name`.
    let anchor: String?
    /// A tag that was written, resolved: `tag:yaml.org,2002:str` for `!!str`.
    let tag: String?
  }

  enum Content {
    case streamStart
    case streamEnd
    case documentStart
    case documentEnd
    case alias(String)
    case scalar(String, isPlain: Bool, Properties)
    case sequenceStart(Properties)
    case sequenceEnd
    case mappingStart(Properties)
    case mappingEnd
  }

  /// Where it begins.
  let mark: YAMLMark
  let content: Content

  var isAlias: Bool {
    if case .alias = content { true } else { false }
  }
}
