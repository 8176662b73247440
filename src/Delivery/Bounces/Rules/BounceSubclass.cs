using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What rules decide for: a name within a class.</summary>
/// <param name="Status">Subject and detail to report where the other side gave no enhanced code (RFC 3463 §3).</param>
/// <param name="Says">For the documentation.</param>
internal sealed record BounceSubclass(string Name, string Class, FaultSide Fault, bool IsHard, (int Subject, int Detail) Status, string Says);
