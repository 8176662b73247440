namespace Relay.Tests.Support;

/// <summary>Where a <see cref="SmtpSink"/> may misbehave: always just before it would answer.</summary>
public enum SinkStep
{
    Connect,
    Hello,
    StartTls,
    Mail,
    Recipient,
    Data,

    /// <summary>After the first line of content.</summary>
    Content,
    FinalDot,
    Reset,
    Quit,
}

/// <summary>What happens at a step instead of the usual answer.</summary>
public sealed record SinkFault
{
    /// <summary>Closes the connection with a reset.</summary>
    public static SinkFault Drop { get; } = new() { Drops = true };

    /// <summary>Never answers; holds until the sink is disposed.</summary>
    public static SinkFault Hang { get; } = new() { Until = new TaskCompletionSource().Task };

    public bool Drops { get; private init; }

    /// <summary>The answer waits for this; null when it does not wait.</summary>
    public Task? Until { get; private init; }

    /// <summary>Answers when <paramref name="gate"/> is done: a test opens it.</summary>
    public static SinkFault Wait(Task gate) => new() { Until = gate };

    public static SinkFault Delay(TimeSpan delay) => new() { Until = Task.Delay(delay, TimeProvider.System, CancellationToken.None) };
}
