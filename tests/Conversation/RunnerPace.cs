namespace Relay.Tests.Conversation;

/// <summary>How what one side says is cut into writes; the meaning must not depend on it.</summary>
public enum RunnerPace
{
    /// <summary>Consecutive lines in one write.</summary>
    Whole,

    ByLine,

    ByByte,
}
