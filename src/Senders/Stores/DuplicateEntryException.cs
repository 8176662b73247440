namespace Relay.Senders;

/// <summary>A unique name is taken already; the message says which.</summary>
public sealed class DuplicateEntryException(string message) : Exception(message);
