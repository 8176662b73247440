namespace Relay.Platform.Jobs;

/// <summary>What a running job has at hand.</summary>
public sealed class JobContext
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly IJobStore _store;
    private readonly JobFiles _files;
    private readonly TimeProvider _time;
    private long _reported;

    internal JobContext(Job job, IJobStore store, JobFiles files, TimeProvider time)
    {
        Job = job;
        _store = store;
        _files = files;
        _time = time;
        _reported = time.GetTimestamp();
    }

    public Job Job { get; }

    public long Processed { get; set; }

    internal string? FileName { get; private set; }

    internal string? ContentType { get; private set; }

    /// <summary>The request as it was stored.</summary>
    public T Request<T>() => Job.RequestAs<T>();

    /// <summary>The file that becomes the result; begins empty. The caller closes it.</summary>
    /// <param name="fileName">For who downloads it.</param>
    public Stream CreateFile(string fileName, string contentType)
    {
        FileName = fileName;
        ContentType = contentType;
        return _files.Create(Job.Id);
    }

    /// <summary>The file that becomes the result, as far as an earlier attempt had come. The caller closes it.</summary>
    /// <param name="length">What lies behind is cut off.</param>
    public FileStream ResumeFile(string fileName, string contentType, long length)
    {
        FileName = fileName;
        ContentType = contentType;
        return _files.Resume(Job.Id, length);
    }

    /// <summary>The file that was received for this job.</summary>
    /// <exception cref="JobFailedException">It is gone.</exception>
    public FileStream OpenInput() => _files.OpenInput(Job.AccountId, Job.Id) ?? throw new JobFailedException("the file is gone: send it again");

    /// <summary>Remembers how far the job came: the request that an attempt after this one reads.</summary>
    public ValueTask NoteAsync<T>(T request, CancellationToken cancellationToken) =>
        _store.NoteAsync(Job.Id, System.Text.Json.JsonSerializer.Serialize(request, JobService.Json), cancellationToken);

    /// <summary>Cheap to call often: stored once a second.</summary>
    /// <param name="progress">0–100; a job that still runs shows at most 99.</param>
    public async ValueTask ReportAsync(double progress, long processed, CancellationToken cancellationToken)
    {
        Processed = processed;
        if (_time.GetElapsedTime(_reported) >= ReportInterval)
        {
            _reported = _time.GetTimestamp();
            await _store.ReportAsync(Job.Id, (int)Math.Clamp(progress, 0, 99), processed, cancellationToken);
        }
    }
}
