namespace Relay.Platform.Jobs;

/// <summary>A kind of work in the background. Register implementations as singletons of this type.</summary>
public interface IJobKind
{
    /// <summary>Stored with each job; must never change its meaning.</summary>
    string Name { get; }

    /// <summary>Does the work from its beginning: a job that the end of the server broke off is begun again, so that doing it twice must do no harm.</summary>
    /// <exception cref="JobFailedException">It cannot be done; the text is for the client.</exception>
    Task RunAsync(JobContext context, CancellationToken cancellationToken);
}

/// <summary>The job cannot be done; the text is a sentence for the client.</summary>
public sealed class JobFailedException(string message) : Exception(message);
