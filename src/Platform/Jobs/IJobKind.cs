namespace Relay.Platform.Jobs;

/// <summary>A kind of work in the background. Register implementations as singletons of this type.</summary>
public interface IJobKind
{
    /// <summary>Stored with each job; must never change its meaning.</summary>
    string Name { get; }

    /// <summary>How often a job of this kind is begun at most when the server ends while it runs.</summary>
    int MaxAttempts => JobRunner.MaxAttempts;

    /// <summary>
    /// Does the work. A job that the end of the server broke off is begun again: doing it twice must do no harm, or the kind keeps note of how
    /// far it came.
    /// </summary>
    /// <exception cref="JobFailedException">It cannot be done; the text is for the client.</exception>
    Task RunAsync(JobContext context, CancellationToken cancellationToken);
}

/// <summary>The job cannot be done; the text is a sentence for the client.</summary>
public sealed class JobFailedException(string message) : Exception(message);
