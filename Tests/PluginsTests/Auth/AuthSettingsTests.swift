import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct AuthSettingsTests {
  private func problems(_ keys: LiteralValue, _ more: [String: LiteralValue] = ["requires": "none"]) -> [String] {
    #expect(throws: SettingsProblems.self) { try AuthRig.plugin(keys, more) }?.problems.map(\.description) ?? []
  }

  @Test func everyWrongKeyIsNamedWithItsPlaceAndWithoutItsSecret() {
    let keys: LiteralValue = [
      "keys": [
        ["id": "a b", "secret": .text(AuthRig.secret)], ["id": "x", "secret": "1234"], ["id": "y"],
        ["id": "z", "secret": .text(AuthRig.secret), "public": .text(AuthRig.secret)],
        ["id": "w", "secret": .text(AuthRig.secret), "until": "soon"], ["id": "w", "secret": .text(AuthRig.secret)],
      ],
      "own": ["id": "me", "private": "77"],
    ]
    #expect(
      problems(keys) == [
        "$.keys[0].id: keys[0]: an id is 1 to 64 letters, digits, '-', '_', '.' and '@'",
        "$.keys[1].secret: keys[1]: 'secret' is 64 to 128 hex digits",
        "$.keys[2]: keys[2]: there is neither a 'secret' nor a 'public' key",
        "$.keys[3]: keys[3]: 'secret' is of shared keys, 'public' of a holder's own: a key is one of them",
        "$.keys[4].until: keys[4]: until: 'soon' is not a moment such as 2027-01-31 or 2027-01-31T18:00:00Z",
        "$.keys[5].id: keys[5]: there is another key 'w'",
        "$.own.private: own: 'private' is 64 hex digits",
      ])
  }

  @Test func holdersOfPublicKeysAndTokensAreAnswered() throws {
    let key = try AuthRig.publicKey(7)
    #expect(problems(["keys": [["id": "edge", "public": .text(key)]]]).first?.contains("no 'own' key to answer its holder with") == true)
    let tokens: LiteralValue = ["issuers": [["name": "release", "public": .text(key)]]]
    #expect(problems(["keys": []], ["tokens": tokens]).first?.contains("no 'own' key in keys.yaml to answer a token's bearer") == true)
  }

  @Test func theRestOfTheSettingsIsLookedAt() {
    let keys: LiteralValue = ["keys": [["id": "fleet", "secret": .text(AuthRig.secret)]]]
    #expect(problems(keys, ["required": false]) == ["required: false asks nothing of anybody: leave auth out"])
    #expect(problems(keys, ["required": []]) == ["required: rules without artifacts ask nothing of anybody: leave auth out"])
    #expect(problems(keys, ["requires": "ssh"]) == ["$.requires: requires: 'ssh' is neither tls nor none"])
    #expect(problems(keys, ["exempt": ["nobody"]]).first?.hasPrefix("$.exempt[0]: exempt[0]: 'nobody' names no trust entry") == true)
    #expect(problems(keys, ["token": "none"]).first?.contains("cannot open /etc/none") == true)
    #expect(
      problems(keys, ["tokens": ["issuers": [], "revoked": ["x"]]]) == [
        "$.tokens.revoked[0]: tokens.revoked[0]: a token is written ISSUER/ID"
      ])
    #expect(throws: LiteralProblem.self) { try AuthRig.plugin(keys, ["secret": "x"]) }
  }
}
