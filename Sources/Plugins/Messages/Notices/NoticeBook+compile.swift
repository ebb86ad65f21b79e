import OpenSSL
internal import PluginKit

extension NoticeBook {
  /// The book of these settings; nil, and every problem in `problems`, where there are any. Reads the key's file: throws what its reader throws.
  static func compile(
    _ settings: Placed<NoticeSettings>, _ services: PluginServices, problems: inout [SettingsProblem]
  ) throws -> NoticeBook? {
    let before = problems.count
    let own = try settings.value.key.flatMap { try key($0, services, problems: &problems) }
    let signers = settings.value.trusted.enumerated().compactMap { signer($0.element, $0.offset, problems: &problems) }
    guard problems.count == before else { return nil }
    return NoticeBook(store: services.store, own: own, signers: signers, place: settings.place)
  }

  /// A file as `granary keys new` makes it, which nobody else may read.
  private static func key(
    _ path: Placed<String>, _ services: PluginServices, problems: inout [SettingsProblem]
  ) throws -> Ed25519.PrivateKey? {
    let source = try services.documents.open(services.resolve(path.value), isSecret: true)
    do {
      return try KeyFileText.own(in: source).key
    } catch let problem as SettingsProblem {
      problems.append(SettingsProblem("notices.key: \(problem.message)", place: problem.place ?? path.place))
      return nil
    }
  }

  private static func signer(_ setting: Placed<NoticeSettings.Signer>, _ index: Int, problems: inout [SettingsProblem]) -> Signer? {
    let rule = "notices.trusted[\(index)]"
    let text = setting.value.public
    do throws(SettingsProblem) {
      guard let bytes = HexText.bytes(text.value), (try? Ed25519.PublicKey(bytes)) != nil else {
        throw SettingsProblem("a public key is 64 hex digits", place: text.place)
      }
      return Signer(
        name: setting.value.id ?? HexText.text(bytes), key: bytes, note: try setting.value.note.compiled(), rule: rule, place: setting.place
      )
    } catch {
      problems.append(SettingsProblem("\(rule): \(error.message)", place: error.place ?? setting.place))
      return nil
    }
  }
}
