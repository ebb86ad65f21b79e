import OpenSSL
internal import PluginKit

/// What `auth`'s settings come to.
struct AuthConfiguration: Sendable {
  let policy: AuthPolicy
  /// Nil: for every artifact.
  let artifacts: [ArtifactPattern]?
  let exempt: [IdentityPattern]
  let requiresTLS: Bool
}

extension AuthSettings {
  /// Reads the files and compiles everything. Throws every problem at once.
  func compiled(_ services: PluginServices) throws -> AuthConfiguration {
    var problems: [SettingsProblem] = []
    let keys = try readKeys(services, &problems)
    let issuers = issuers(&problems)
    let shown = shownToken(services, &problems)
    let artifacts = patterns(&problems)
    let exempt = exemptions(&problems)
    let requiresTLS = needsTLS(&problems)
    if !issuers.isEmpty, keys?.own == nil, let place = tokens?.place {
      problems.append(SettingsProblem("tokens: there is no 'own' key in \(self.keys.value) to answer a token's bearer with", place: place))
    }
    guard problems.isEmpty, let keys else { throw SettingsProblems(problems) }
    let isOfCertificate = if case .certificate = shown?.bearer { true } else { false }
    return AuthConfiguration(
      policy: AuthPolicy(keys: keys, issuers: issuers, token: shown?.bytes ?? [], isTokenOfCertificate: isOfCertificate),
      artifacts: artifacts, exempt: exempt, requiresTLS: requiresTLS)
  }

  private func readKeys(_ services: PluginServices, _ problems: inout [SettingsProblem]) throws -> AuthKeys? {
    let path = services.resolve(keys.value)
    let source = try services.documents.open(path, isSecret: true)
    return try source.decode(AuthKeyFile.self).compiled(place: path, problems: &problems)
  }

  private func issuers(_ problems: inout [SettingsProblem]) -> TokenIssuers {
    var issuers: [String: TokenIssuers.Issuer] = [:]
    for (index, setting) in (tokens?.value.issuers ?? []).enumerated() {
      let rule = "tokens.issuers[\(index)]"
      do throws(SettingsProblem) {
        let issuer = try issuer(setting, rule)
        guard issuers[issuer.name] == nil else {
          throw SettingsProblem("there is another issuer '\(issuer.name)'", place: setting.value.name.place)
        }
        issuers[issuer.name] = issuer
      } catch {
        problems.append(SettingsProblem("\(rule): \(error.message)", place: error.place ?? setting.place))
      }
    }
    var revoked: [String: String?] = [:]
    for (index, text) in (tokens?.value.revoked ?? []).enumerated() {
      let parts = text.value.split(separator: "/", omittingEmptySubsequences: false)
      if parts.count != 2 || parts.contains(where: \.isEmpty) {
        problems.append(SettingsProblem("tokens.revoked[\(index)]: a token is written ISSUER/ID", place: text.place))
      }
      revoked[text.value] = .some(text.place)
    }
    return TokenIssuers(issuers: issuers, revoked: revoked)
  }

  private func issuer(_ setting: Placed<TokenSettings.Issuer>, _ rule: String) throws(SettingsProblem) -> TokenIssuers.Issuer {
    let value = setting.value
    guard !value.name.value.isEmpty, !value.name.value.contains("/") else {
      throw SettingsProblem("a name without '/' is needed", place: value.name.place)
    }
    guard let bytes = HexText.bytes(value.public.value), let key = try? Ed25519.PublicKey(bytes) else {
      throw SettingsProblem("'public' is 64 hex digits", place: value.public.place)
    }
    return TokenIssuers.Issuer(name: value.name.value, key: key, note: try value.note.compiled(), rule: rule, place: setting.place)
  }

  private func shownToken(_ services: PluginServices, _ problems: inout [SettingsProblem]) -> CapabilityToken? {
    guard let token else { return nil }
    do throws(TextFile.Problem) {
      let text = try TextFile.read(services.resolve(token.value))
      do throws(CapabilityToken.Malformed) {
        return try CapabilityToken(text: text)
      } catch {
        problems.append(SettingsProblem("token: \(token.value): \(error)", place: token.place))
      }
    } catch {
      problems.append(SettingsProblem("token: \(error)", place: token.place))
    }
    return nil
  }

  private func patterns(_ problems: inout [SettingsProblem]) -> [ArtifactPattern]? {
    switch required {
    case .always: return nil
    case .never:
      problems.append(SettingsProblem("required: false asks nothing of anybody: leave auth out"))
      return nil
    case .rules(let rules):
      if rules.allSatisfy(\.value.artifacts.isEmpty) {
        problems.append(SettingsProblem("required: rules without artifacts ask nothing of anybody: leave auth out"))
      }
      var patterns: [ArtifactPattern] = []
      for (index, text) in rules.flatMap(\.value.artifacts).enumerated() {
        do throws(Glob.Problem) {
          patterns.append(try ArtifactPattern(text.value))
        } catch {
          problems.append(SettingsProblem("required: artifacts[\(index)]: \(error.description)", place: text.place))
        }
      }
      return patterns
    }
  }

  private func exemptions(_ problems: inout [SettingsProblem]) -> [IdentityPattern] {
    var patterns: [IdentityPattern] = []
    for (index, text) in exempt.enumerated() {
      do throws(SettingsProblem) {
        patterns.append(try IdentityPattern(text.value))
      } catch {
        problems.append(SettingsProblem("exempt[\(index)]: \(error.message)", place: text.place))
      }
    }
    return patterns
  }

  private func needsTLS(_ problems: inout [SettingsProblem]) -> Bool {
    guard let requires else { return true }
    if Link(rawValue: requires.value) == nil {
      problems.append(SettingsProblem("requires: '\(requires.value)' is neither tls nor none", place: requires.place))
    }
    return requires.value != Link.none.rawValue
  }
}
