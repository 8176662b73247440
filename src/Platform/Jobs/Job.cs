using System.Text.Json;

namespace Relay.Platform.Jobs;

/// <summary>Work in the background that an account asked for.</summary>
public sealed record Job
{
    /// <summary>UUID version 7: sorts by time.</summary>
    public required Guid Id { get; init; }

    public required long AccountId { get; init; }

    /// <summary>Name of an <see cref="IJobKind"/>.</summary>
    public required string Kind { get; init; }

    public JobStatus Status { get; init; }

    /// <summary>What to do: the kind's own JSON.</summary>
    public required string Request { get; init; }

    /// <summary>Who asked for it.</summary>
    public required string Actor { get; init; }

    /// <summary>How often it was begun: again after each end of the server.</summary>
    public int Attempts { get; init; }

    /// <summary>0–100.</summary>
    public int Progress { get; init; }

    /// <summary>Things dealt with so far: rows, recipients.</summary>
    public long Processed { get; init; }

    /// <summary>A sentence for the client; null unless failed.</summary>
    public string? Error { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Job and file are deleted then; null until it is finished.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Name of the result for who downloads it; null when there is none.</summary>
    public string? FileName { get; init; }

    public string? ContentType { get; init; }

    public long? FileBytes { get; init; }

    /// <summary>The request as it was stored.</summary>
    internal T RequestAs<T>() => JsonSerializer.Deserialize<T>(Request, JobService.Json)!;
}

/// <summary>The values are stored; the names in small letters appear in the API.</summary>
public enum JobStatus
{
    Pending = 0,
    Running = 1,
    Succeeded = 2,
    Failed = 3,
}
