/// What BEP 47 says of a file: the letters of `attr`, and a symlink's target. Letters that we do not know are left alone.
struct FileAttributes {
  let isPadding: Bool
  let isExecutable: Bool
  let symlinkTarget: [String]?

  /// The attributes in a file's dictionary.
  init(_ file: BencodeNode, rules: NameRules, at place: @autoclosure () -> String) throws(TorrentError) {
    let letters = try file.bytes("attr", at: place()) ?? []
    isPadding = letters.contains(UInt8(ascii: "p"))
    isExecutable = letters.contains(UInt8(ascii: "x"))
    symlinkTarget = letters.contains(UInt8(ascii: "l")) ? try Self.target(of: file, rules: rules, at: place()) : nil
    if isPadding, symlinkTarget != nil {
      throw TorrentError(.badValue, at: place() + ".attr", "a pad file cannot be a symlink")
    }
  }

  private static func target(of file: BencodeNode, rules: NameRules, at place: String) throws(TorrentError) -> [String] {
    guard let list = try file.list("symlink path", at: place) else { throw .missing(place + ".symlink path") }
    let target = try list.names(rules: rules, at: place + ".symlink path")
    do throws(NameFault) {
      try rules.check(path: target, below: nil)
    } catch {
      throw error.at(place + ".symlink path")
    }
    return target
  }
}

extension BencodeNode {
  /// The names in a list of strings, each a component of a path. `..` is no such name: nothing points out of the artifact's folder.
  func names(rules: NameRules, at place: @autoclosure () -> String) throws(TorrentError) -> [String] {
    var names: [String] = []
    for element in elements {
      guard let bytes = element.bytes else {
        throw TorrentError(.wrongType, at: "\(place())[\(names.count)]", "must be a string")
      }
      do throws(NameFault) {
        names.append(try rules.name(bytes))
      } catch {
        throw error.at("\(place())[\(names.count)]")
      }
      // What is too long as a whole is refused by the rules; this keeps it from being built.
      if names.count > NameRules.mostComponents { break }
    }
    return names
  }
}
