namespace Relay.Storage;

/// <summary>A piece of work for the writer: it happens as a whole or not at all.</summary>
internal abstract class WriterUnit(int sizeBytes, CancellationToken cancellationToken)
{
    /// <summary>Roughly what it adds to the database, to bound a group.</summary>
    public int SizeBytes { get; } = sizeBytes;

    /// <summary>Honoured until the unit runs, not after.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Running it again after all was taken back does the same: it changes nothing but the database.</summary>
    public bool IsRepeatable { get; init; }

    public abstract void Execute(SqliteConnection connection);

    /// <summary>Hands the result to the waiting caller; only after the commit.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception exception);

    public abstract void Cancel();
}

internal sealed class WriterUnit<T>(int sizeBytes, Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    : WriterUnit(sizeBytes, cancellationToken)
{
    // Continuations must not run on the writer's thread.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _completion.Task;

    public override void Execute(SqliteConnection connection) => _result = work(connection);

    public override void Complete() => _completion.TrySetResult(_result!);

    public override void Fail(Exception exception) => _completion.TrySetException(exception);

    public override void Cancel() => _completion.TrySetCanceled(CancellationToken);
}
