using Microsoft.Extensions.Logging;
using Relay.Platform.Analytics;
using Relay.Platform.Jobs;

namespace Relay.Platform.Contacts;

/// <summary>Reads a file of contacts into a book, and writes a report of the rows it could not take.</summary>
/// <remarks>
/// 1. Begin where an earlier attempt ended: the position stands in the transaction of the rows before it. 2. Read up to 1,000 rows. 3. Report
/// those at fault; the report is synced first, what a crash leaves over is cut off. 4. Write the others with the position, in pieces that hold
/// up nobody.
/// </remarks>
internal sealed class ContactImport(IContactStore contacts, IContactImportStore store, InvitationSignal invitations, TimeProvider time, ILogger<ContactImport> log) : IJobKind
{
    public const string KindName = "contact-import";

    private const int PieceRows = 1_000;

    private static readonly string[] Header = ["row", "column", "problem", "value"];

    public string Name => KindName;

    /// <summary>It comes further each time.</summary>
    public int MaxAttempts => 1_000;

    public async Task RunAsync(JobContext context, CancellationToken cancellationToken)
    {
        var request = context.Request<ImportRequest>();
        var job = context.Job;
        var book = await contacts.FindBookAsync(request.BookId, cancellationToken);
        if (book is null || book.AccountId != job.AccountId)
        {
            throw Gone();
        }

        var progress = await store.FindAsync(job.AccountId, job.Id, cancellationToken)
            ?? new ImportProgress(job.Id, job.AccountId, book.Id, request.DataStart, 0, 0, 0, 0, 0, time.GetUtcNow());
        await using var input = context.OpenInput();
        input.Position = progress.Position;
        await using var output = context.ResumeFile(Path.GetFileNameWithoutExtension(request.FileName) + "-report.csv", "text/csv; charset=utf-8", progress.ReportBytes);
        var report = new CsvWriter(output);
        var reportStart = progress.ReportBytes;
        if (reportStart == 0)
        {
            await report.WriteAsync(Header, cancellationToken);
            await SyncAsync(output, cancellationToken);
        }

        var reader = new CsvReader(input, request.Delimiter, ImportRequest.EncodingOf(request.Charset)!, progress.Position);
        var rows = new ImportRows(request);
        while (await ReadPieceAsync(reader, rows, report, reportStart, progress.Rows, cancellationToken) is { Count: > 0 } piece)
        {
            progress = await WriteAsync(book, request, progress, piece, output, cancellationToken);
            await context.ReportAsync(100.0 * progress.Position / Math.Max(1, request.SizeBytes), progress.Rows, cancellationToken);
        }

        await output.FlushAsync(cancellationToken);
        invitations.Wake();
        context.Processed = progress.Rows;
        ContactLog.Imported(log, job.Id, job.AccountId, progress.Rows, progress.Created, progress.Updated, progress.Failed);
    }

    private async ValueTask<ImportProgress> WriteAsync(
        ContactBook book, ImportRequest request, ImportProgress progress, List<ImportRow> piece, FileStream output, CancellationToken cancellationToken)
    {
        if (piece.Exists(row => row.Draft is null))
        {
            await SyncAsync(output, cancellationToken);
        }

        var now = time.GetUtcNow();
        for (var done = 0; done < piece.Count;)
        {
            var before = progress.Rows;
            progress = await store.WriteAsync(
                progress,
                done == 0 ? piece : piece[done..],
                (current, draft) => current is not null && !request.UpdateExisting ? null : ContactMerge.Apply(book, current, draft, now),
                cancellationToken) ?? throw Gone();
            done += (int)(progress.Rows - before);
        }

        return progress;
    }

    // The position names octets of the report, so they must be there first.
    private static async ValueTask SyncAsync(FileStream report, CancellationToken cancellationToken)
    {
        await report.FlushAsync(cancellationToken);
        report.Flush(flushToDisk: true);
    }

    private static async ValueTask<List<ImportRow>> ReadPieceAsync(
        CsvReader reader, ImportRows rows, CsvWriter report, long reportStart, long rowsBefore, CancellationToken cancellationToken)
    {
        var piece = new List<ImportRow>(PieceRows);
        while (piece.Count < PieceRows && await reader.ReadAsync(cancellationToken) is { } record)
        {
            // The header is row 1, as spreadsheets count.
            var number = rowsBefore + piece.Count + 2;
            var (draft, problem, column) = record.IsBlank ? (null, null, -1) : rows.Read(record);
            if (problem is not null)
            {
                await report.WriteAsync([number, column < 0 ? null : column + 1, problem, Value(record, column)], cancellationToken);
            }

            piece.Add(new ImportRow(reader.Position, reportStart + report.Octets, draft) { IsBlank = record.IsBlank });
        }

        return piece;
    }

    private static string? Value(CsvRecord record, int column)
    {
        var text = column >= 0 && column < record.Fields.Count ? record.Fields[column] : record.Fields.Count > 0 ? record.Fields[0] : null;
        return text is { Length: > 200 } ? text[..200] : text;
    }

    private static JobFailedException Gone() => new("the contact book is gone");
}
