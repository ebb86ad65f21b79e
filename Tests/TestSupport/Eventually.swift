/// Asks again and again, giving way to others meanwhile, until there is an answer or the deadline has passed.
@discardableResult
package func eventually<Value>(_ what: String, _ body: () async throws -> Value?) async throws -> Value {
  let deadline = ContinuousClock.now + ScriptedPeer.patience
  while ContinuousClock.now < deadline {
    if let value = try await body() { return value }
    try await Task.sleep(for: .milliseconds(2))
  }
  throw ScriptedPeerFailure(description: "\(what) did not come to be")
}
