using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Contacts;
using Relay.Platform.Jobs;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ContactImportTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryStores _stores;
    private readonly InvitationSignal _invitations = new();
    private ContactBook _book = null!;

    public ContactImportTests() => _stores = new TemporaryStores(_time);

    private IContactStore Contacts => _stores.Stores.Contacts;

    public async Task InitializeAsync()
    {
        await _stores.OpenAsync();
        var now = _time.GetUtcNow();
        _book = (await Contacts.AddBookAsync(new ContactBook { Uid = Guid.NewGuid(), AccountId = 1, Name = "news", CreatedAt = now, UpdatedAt = now }, 10, default))!;
    }

    public Task DisposeAsync() => _stores.DeleteAsync();

    [Fact]
    public async Task Takes_the_good_rows_and_reports_the_others()
    {
        const string File = """
            E-Mail;Vorname;Last Name;Plan;tags;subscribed
            ada@example.com;Ada;Lovelace;pro;a|b;
            nobody;X;Y;;;
            "Bob <bob@example.com>";Bob;;;;

            cyd@example.com;Cyd;;;;no
            dan@example.com;Dan;;;;perhaps
            eve@example.com;Eve;;;;;;;
            ADA@example.com;;;team;c;
            """;
        var (job, request) = await AddAsync(File, "?map=Vorname:firstName&tags=all");
        Assert.Equal(["email", "firstName", "lastName", "properties.Plan", "tags", "subscribed"], request.Columns);
        await RunAsync(job);

        var progress = (await _stores.Stores.ContactImports.FindAsync(1, job.Id, default))!;
        Assert.Equal((8, 2, 1, 4), (progress.Rows, progress.Created, progress.Updated, progress.Failed));
        var ada = (await Contacts.FindAsync(1, _book.Id, Mailbox.Parse("ada@example.com"), default))!;
        Assert.Equal(("Ada", "Lovelace", "team", ContactState.Subscribed), (ada.FirstName, ada.LastName, ada.Properties["Plan"], ada.State));
        Assert.Equal(["a", "all", "b", "c"], ada.Tags);
        var cyd = (await Contacts.FindAsync(1, _book.Id, Mailbox.Parse("cyd@example.com"), default))!;
        Assert.Equal((ContactState.Unsubscribed, UnsubscribeReason.Sender), (cyd.State, cyd.Reason));
        Assert.Equal(
            """
            row,column,problem,value
            3,1,is not an e-mail address,nobody
            4,1,"must be the address alone, without a name",Bob <bob@example.com>
            7,6,must be true or false,perhaps
            8,,"has 9 fields, the first row has 6",eve@example.com

            """,
            (await ReportAsync(job)).ReplaceLineEndings("\n"));
        Assert.Equal(2, (await Contacts.FindBookAsync(_book.Id, default))!.ContactCount);
    }

    [Fact]
    public async Task Goes_on_where_the_end_of_the_server_broke_it_off()
    {
        const int Rows = 3_500;
        var file = new StringBuilder("email\n");
        for (var i = 0; i < Rows; i++)
        {
            file.Append(i % 1000 == 500 ? "broken" : $"p{i}@example.com").Append('\n');
        }

        var (job, _) = await AddAsync(file.ToString());
        var interrupted = new InterruptingStore(_stores.Stores.ContactImports, after: 2);
        await Assert.ThrowsAsync<OperationCanceledException>(() => RunAsync(job, interrupted));
        var half = (await _stores.Stores.ContactImports.FindAsync(1, job.Id, default))!;
        Assert.InRange(half.Rows, 1, Rows - 1);

        // What lies behind the last piece in the report is no longer true.
        var more = Path.Combine(_stores.Stores.JobFiles.Folder, $"{job.Id:N}.more");
        await System.IO.File.AppendAllTextAsync(more, "99,1,half a li");
        await _stores.ReopenAsync();
        await RunAsync(job);

        var progress = (await _stores.Stores.ContactImports.FindAsync(1, job.Id, default))!;
        Assert.Equal((Rows, Rows - 3, 0, 3), (progress.Rows, progress.Created, progress.Updated, progress.Failed));
        Assert.Equal(Rows - 3, await Contacts.CountAsync(1, _book.Id, ContactFilter.Any, default));
        Assert.Equal(["row", "502", "1502", "2502"], (await ReportAsync(job)).Trim().Split("\r\n").Select(line => line.Split(',')[0]));
    }

    [Theory]
    [InlineData("email\na@example.com\n")]
    [InlineData("email\nbroken\na@example.com\nbroken\n")]
    public async Task The_report_is_on_the_disk_before_the_position_that_names_it(string file)
    {
        var (job, _) = await AddAsync(file);
        var more = Path.Combine(_stores.Stores.JobFiles.Folder, $"{job.Id:N}.more");
        var watching = new WatchingStore(_stores.Stores.ContactImports, rows => Assert.Equal(rows[^1].ReportEnd, new FileInfo(more).Length));
        await RunAsync(job, watching);
        Assert.Equal(1, watching.Writes);
    }

    [Fact]
    public async Task Leaves_who_is_there_when_it_is_told_so_and_nobody_comes_back()
    {
        await SaveAsync("ada@example.com", contact => contact with { FirstName = "Ada" });
        await SaveAsync("bob@example.com", contact => ContactMerge.Leave(contact, UnsubscribeReason.Person, null, _time.GetUtcNow()));
        var (first, _) = await AddAsync("email,firstName\nada@example.com,Other\n", "?update=false");
        await RunAsync(first);
        var (second, _) = await AddAsync("email,firstName\nbob@example.com,Bob\n", "?subscribed=true&confirmed=true");
        await RunAsync(second);

        Assert.Equal("Ada", (await Contacts.FindAsync(1, _book.Id, Mailbox.Parse("ada@example.com"), default))!.FirstName);
        var bob = (await Contacts.FindAsync(1, _book.Id, Mailbox.Parse("bob@example.com"), default))!;
        Assert.Equal(("Bob", ContactState.Unsubscribed), (bob.FirstName, bob.State));
    }

    [Fact]
    public async Task A_book_that_goes_meanwhile_ends_it()
    {
        var (job, _) = await AddAsync("email\na@example.com\n");
        await Contacts.RemoveBookAsync(1, _book.Uid, _time.GetUtcNow(), default);
        Assert.Equal("the contact book is gone", (await Assert.ThrowsAsync<JobFailedException>(() => RunAsync(job))).Message);
    }

    [Theory]
    [InlineData("a,b\n1,2\n", "", "no column of the first row is an e-mail address: add map=NAME:email; the first row is: a | b")]
    [InlineData("email\n", "?map=x:firstName", "map: the first row has no column 'x'")]
    [InlineData("email,x\n", "?map=x:surname", "map: 'surname' must be email, firstName, lastName, subscribed, tags, properties.NAME or '-'")]
    [InlineData("email,mail\n", "", "map: two columns mean email: map one of them to '-'")]
    [InlineData("email\n", "?delimiter=ab", "delimiter: must be one character such as ; or the word tab")]
    [InlineData("email\n", "?charset=utf-7", "charset: must be utf-8, iso-8859-1 or windows-1252")]
    [InlineData("email\n", "?subscribed=yes", "subscribed: must be true or false")]
    [InlineData("\"email\n", "", "the first row cannot be read: a quotation mark is never closed, or something stands behind a closing one")]
    public async Task A_wrong_file_is_refused_at_once(string file, string query, string expected) =>
        Assert.Equal(expected, (await HeadAsync(Encoding.UTF8.GetBytes(file), query)).Fault!.Message);

    [Fact]
    public async Task The_delimiter_is_found_and_a_mark_of_the_encoding_skipped()
    {
        Assert.Equal('\t', (await HeadAsync("email\tfirst\tname, all\n"u8.ToArray(), "")).Value!.Delimiter);
        var marked = (await HeadAsync([0xef, 0xbb, 0xbf, .. "email;x\r\n"u8], "")).Value!;
        Assert.Equal((12L, "email"), (marked.DataStart, marked.Columns[0]));
        Assert.Contains("UTF-16", (await HeadAsync([0xff, 0xfe, (byte)'e', 0], "")).Fault!.Message, StringComparison.Ordinal);
    }

    private async Task<ApiResult<ImportRequest>> HeadAsync(byte[] file, string query)
    {
        using var stream = new MemoryStream(file);
        return await ImportHead.ReadAsync(_book, stream, new ReceivedFile(stream, "../list.csv", null), Query(query), default);
    }

    private static QueryCollection Query(string query) =>
        new(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query).ToDictionary(entry => entry.Key, entry => new StringValues(entry.Value.ToArray())));

    private async Task<(Job Job, ImportRequest Request)> AddAsync(string file, string query = "")
    {
        var files = _stores.Stores.JobFiles;
        var jobs = new JobService(_stores.Stores.Jobs, files, new JobSignals(), _time);
        var id = jobs.NewId();
        await using (var stream = files.CreateInput(1, id))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(file.ReplaceLineEndings("\n")));
        }

        files.CompleteInput(1, id);
        await using var input = files.OpenInput(1, id)!;
        var request = (await ImportHead.ReadAsync(_book, input, new ReceivedFile(input, "list.csv", null), Query(query), default)).Value!;
        return ((await jobs.AddAsync(id, 1, ContactImport.KindName, request, "key", default))!, request);
    }

    private Task RunAsync(Job job, IContactImportStore? imports = null)
    {
        var import = new ContactImport(Contacts, imports ?? _stores.Stores.ContactImports, _invitations, _time, NullLogger<ContactImport>.Instance);
        return import.RunAsync(new JobContext(job, _stores.Stores.Jobs, _stores.Stores.JobFiles, _time), default);
    }

    private async Task<string> ReportAsync(Job job)
    {
        _stores.Stores.JobFiles.Complete(job.Id);
        using var reader = new StreamReader(_stores.Stores.JobFiles.Open(job.Id)!);
        return await reader.ReadToEndAsync();
    }

    private async Task SaveAsync(string address, Func<Contact, Contact> change) => await Contacts.WriteAsync(
        1, _book.Id, [new ContactDraft { Address = Mailbox.Parse(address) }], (current, draft) => change(ContactMerge.Apply(_book, current, draft, _time.GetUtcNow())!), default);

    private sealed class WatchingStore(IContactImportStore inner, Action<IReadOnlyList<ImportRow>> watch) : IContactImportStore
    {
        public int Writes { get; private set; }

        public ValueTask<ImportProgress?> FindAsync(long accountId, Guid jobId, CancellationToken cancellationToken) => inner.FindAsync(accountId, jobId, cancellationToken);

        public ValueTask<ImportProgress?> WriteAsync(ImportProgress progress, IReadOnlyList<ImportRow> rows, ContactChange change, CancellationToken cancellationToken)
        {
            Writes++;
            watch(rows);
            return inner.WriteAsync(progress, rows, change, cancellationToken);
        }
    }

    private sealed class InterruptingStore(IContactImportStore inner, int after) : IContactImportStore
    {
        private int _left = after;

        public ValueTask<ImportProgress?> FindAsync(long accountId, Guid jobId, CancellationToken cancellationToken) => inner.FindAsync(accountId, jobId, cancellationToken);

        public ValueTask<ImportProgress?> WriteAsync(ImportProgress progress, IReadOnlyList<ImportRow> rows, ContactChange change, CancellationToken cancellationToken) =>
            _left-- > 0 ? inner.WriteAsync(progress, rows, change, cancellationToken) : throw new OperationCanceledException();
    }
}
