namespace Relay.Admin;

/// <summary>A condition that lasts and that an operator should know of.</summary>
/// <param name="Name">Stable, for scripts: <c>queue-age</c>, <c>deferrals</c>, <c>disk</c>, …; behind a colon what it is about.</param>
/// <param name="Text">For people, with what to do.</param>
public sealed record Alert(string Name, string Text, DateTimeOffset Since);

/// <summary>What one look found.</summary>
internal sealed record Condition(string Name, string Text);
