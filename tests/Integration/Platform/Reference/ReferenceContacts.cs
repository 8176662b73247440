namespace Relay.Tests.Integration;

/// <summary>Uses every operation on books and contacts once as its clients would, and notes what was shown.</summary>
internal sealed class ReferenceContacts(ReferenceRun run)
{
    private const string Books = "/v1/contactBooks";
    private const string One = "/v1/contactBooks/{contactBookId}";
    private const string Contacts = "/v1/contactBooks/{contactBookId}/contacts";
    private const string OneContact = "/v1/contactBooks/{contactBookId}/contacts/{contactId}";
    private const string NewBook = """{"name":"Newsletter","emoji":"🎉","properties":{"brand":"Acme"}}""";
    private const string Ada = """{"email":"Ada+x@Example.com","firstName":"Ada","properties":{"plan":"pro"}}""";

    private string _book = "";
    private string _contact = "";
    private string _doomedBook = "";
    private string _doomed = "";

    public static IReadOnlyList<string> Operations { get; } =
    [
        "GET " + Books, "POST " + Books, "GET " + One, "PATCH " + One, "DELETE " + One,
        "POST " + Contacts, "GET " + Contacts, "PATCH " + OneContact, "GET " + OneContact, "PUT " + OneContact, "DELETE " + OneContact,
    ];

    private string Book => $"{Books}/{_book}";

    private string Contact => $"{Book}/contacts/{_contact}";

    public async Task UseAsync()
    {
        var created = await run.ShowAsync("POST " + Books, Proof.Success, () => run.Own.PostAsync(Books, NewBook));
        _book = created.Word("id");
        _doomedBook = (await run.Own.PostAsync(Books, """{"name":"Doomed"}""")).Word("id");
        var changed = await run.ShowAsync("PATCH " + One, Proof.Success, () => run.Own.PatchAsync(Book, """{"name":"Renamed"}"""));
        run.Note("PATCH " + One, Proof.Effect, changed.Word("name") == "Renamed" && changed.Word("emoji") == "🎉", changed.Text);

        var added = await run.ShowAsync("POST " + Contacts, Proof.Success, () => run.Own.PostAsync($"{Book}/contacts", Ada));
        _contact = added.Word("contactId");
        await run.ShowAsync("PATCH " + OneContact, Proof.Success, () => run.Own.PatchAsync(Contact, """{"lastName":"Lovelace","subscribed":false}"""));
        var read = await run.ShowAsync("GET " + OneContact, Proof.Success, () => run.Own.GetAsync(Contact));
        run.Note("POST " + Contacts, Proof.Effect, read.Word("email") == "Ada+x@example.com" && read.Word("firstName") == "Ada", read.Text);
        run.Note("PATCH " + OneContact, Proof.Effect, read.Word("lastName") == "Lovelace" && !read["subscribed"].GetValue<bool>(), read.Text);
        run.Note("GET " + OneContact, Proof.Effect, read["properties"]["plan"]?.GetValue<string>() == "pro" && read.Word("contactBookId") == _book, read.Text);

        var put = await run.ShowAsync("PUT " + OneContact, Proof.Success, () => run.Own.PutAsync($"{Book}/contacts/of-my-choice", """{"email":"bob@example.com","firstName":"Bob"}"""));
        _doomed = put.Word("contactId");
        var again = await run.Own.PutAsync($"{Book}/contacts/of-my-choice", """{"email":"BOB@example.com","firstName":"Robert"}""");
        var bob = await run.Own.GetAsync($"{Book}/contacts/{_doomed}");
        run.Note("PUT " + OneContact, Proof.Effect, again.Word("contactId") == _doomed && bob.Word("firstName") == "Robert", again.Text + bob.Text);

        var list = await run.ShowAsync("GET " + Contacts, Proof.Success, () => run.Own.GetAsync($"{Book}/contacts?emails=ADA%2bx@example.com,nobody@example.com&page=1&limit=10"));
        var byId = await run.Own.GetAsync($"{Book}/contacts?ids={_doomed},{_contact}&limit=1&page=2");
        run.Note("GET " + Contacts, Proof.Effect, Ids(list).SequenceEqual([_contact]) && Ids(byId).SequenceEqual([_contact]), list.Text + byId.Text);
        var shown = await run.ShowAsync("GET " + One, Proof.Success, () => run.Own.GetAsync(Book));
        run.Note("GET " + One, Proof.Effect, shown["_count"]["contacts"]!.GetValue<int>() == 2, shown.Text);
        var books = await run.ShowAsync("GET " + Books, Proof.Success, () => run.Own.GetAsync(Books));
        run.Note("GET " + Books, Proof.Effect, books.Body!.AsArray().Select(b => b!["id"]!.GetValue<string>()).SequenceEqual([_doomedBook, _book]), books.Text);
        run.Note("POST " + Books, Proof.Effect, shown["properties"]["brand"]?.GetValue<string>() == "Acme" && shown.Word("emoji") == "🎉", shown.Text);
    }

    public async Task ProvokeAsync()
    {
        using var reader = await run.World.ClientAsync("contacts-reader", "read");
        using var sender = await run.World.ClientAsync("contacts-sender", "send");
        using var nobody = new ApiClient(run.World.ApiPort, "rk_wrong");
        await run.RefusedAsync("GET " + Books, (401, nobody.GetAsync(Books)));
        await run.RefusedAsync("POST " + Books,
            (400, run.Own.PostAsync(Books, "{}")), (400, run.Own.PostAsync(Books, """{"name":""}""")), (403, reader.PostAsync(Books, NewBook)),
            (400, run.Own.PostAsync(Books, """{"name":"x","properties":{"a":1}}""")),
            (400, run.Own.PostAsync(Books, """{"name":"x","doubleOptInFrom":"a@unknown.test"}""")),
            (400, run.Own.PostAsync(Books, """{"name":"x","doubleOptInContent":"<p>no link</p>"}""")));
        await run.RefusedAsync("GET " + One, (404, run.Own.GetAsync(Books + "/unknown")), (403, sender.GetAsync(Book)));
        await run.RefusedAsync("PATCH " + One, (404, run.Own.PatchAsync(Books + "/unknown", "{}")), (403, sender.PatchAsync(Book, """{"name":"x"}""")), (400, run.Own.PatchAsync(Book, """{"name":7}""")));
        await run.RefusedAsync("DELETE " + One, (404, run.Own.DeleteAsync(Books + "/unknown")), (403, reader.DeleteAsync(Book)));
        await run.RefusedAsync("POST " + Contacts,
            (400, run.Own.PostAsync($"{Book}/contacts", "{}")), (400, run.Own.PostAsync($"{Book}/contacts", """{"email":"nonsense"}""")),
            (400, run.Own.PostAsync($"{Book}/contacts", """{"email":"a@example.com","subscribed":"yes"}""")), (404, run.Own.PostAsync(Books + "/unknown/contacts", Ada)));
        await run.RefusedAsync("GET " + Contacts, (400, run.Own.GetAsync($"{Book}/contacts?page=0")), (400, run.Own.GetAsync($"{Book}/contacts?limit=many")), (404, run.Own.GetAsync(Books + "/unknown/contacts")));
        await run.RefusedAsync("PATCH " + OneContact, (404, run.Own.PatchAsync($"{Book}/contacts/unknown", "{}")), (400, run.Own.PatchAsync(Contact, "[]")));
        await run.RefusedAsync("GET " + OneContact, (404, run.Own.GetAsync($"{Book}/contacts/unknown")), (404, run.Own.GetAsync($"{Books}/{_doomedBook}/contacts/{_contact}")));
        await run.RefusedAsync("PUT " + OneContact, (400, run.Own.PutAsync(Contact, "{}")), (409, run.Own.PutAsync(Contact, """{"email":"other@example.com"}""")));
        await run.RefusedAsync("DELETE " + OneContact, (404, run.Own.DeleteAsync($"{Book}/contacts/unknown")), (403, reader.DeleteAsync(Contact)));
    }

    public async Task ComeAsStrangerAsync()
    {
        var them = run.Stranger;
        run.Note("GET " + Books, Proof.Foreign, (await them.GetAsync(Books)).Text == "[]", "a stranger's list is not empty");
        var own = await them.PostAsync(Books, NewBook);
        run.Note("POST " + Books, Proof.Foreign, own.Word("id") != _book && own["teamId"].ToString() != (await run.Own.GetAsync(Book))["teamId"].ToString(), own.Text);
        await SameAsync("GET " + One, client => client.GetAsync(Book), client => client.GetAsync(Books + "/unknown"));
        await SameAsync("PATCH " + One, client => client.PatchAsync(Book, """{"name":"x"}"""), client => client.PatchAsync(Books + "/unknown", """{"name":"x"}"""));
        await SameAsync("DELETE " + One, client => client.DeleteAsync(Book), client => client.DeleteAsync(Books + "/unknown"));
        await SameAsync("POST " + Contacts, client => client.PostAsync($"{Book}/contacts", Ada), client => client.PostAsync(Books + "/unknown/contacts", Ada));
        await SameAsync("GET " + Contacts, client => client.GetAsync($"{Book}/contacts"), client => client.GetAsync(Books + "/unknown/contacts"));

        // Nor through a book of their own.
        var theirs = $"{Books}/{own.Word("id")}/contacts";
        await SameAsync("PATCH " + OneContact, client => client.PatchAsync($"{theirs}/{_contact}", "{}"), client => client.PatchAsync(Contact, "{}"));
        await SameAsync("GET " + OneContact, client => client.GetAsync($"{theirs}/{_contact}"), client => client.GetAsync(Contact));
        await SameAsync("DELETE " + OneContact, client => client.DeleteAsync($"{theirs}/{_contact}"), client => client.DeleteAsync(Contact));
        var put = await them.PutAsync($"{theirs}/{_contact}", Ada);
        run.Note("PUT " + OneContact, Proof.Foreign, put.Word("contactId") != _contact && (await them.PutAsync(Contact, Ada)).Status == 404, put.Text);
    }

    /// <param name="restart">Restarts the server, and reads back what else there is.</param>
    public async Task ReadBackAsync(Func<Task> restart)
    {
        string[] paths = [Books, Book, Contact, $"{Book}/contacts/{_doomed}", $"{Book}/contacts"];
        var before = new List<string>();
        foreach (var path in paths)
        {
            before.Add((await run.Own.GetAsync(path)).Text);
        }

        await restart();
        var after = new List<string>();
        foreach (var path in paths)
        {
            after.Add((await run.Own.GetAsync(path)).Text);
        }

        (string Operation, int Path)[] shown =
        [
            ("GET " + Books, 0), ("POST " + Books, 1), ("GET " + One, 1), ("PATCH " + One, 1), ("POST " + Contacts, 2), ("PATCH " + OneContact, 2), ("GET " + OneContact, 2),
            ("PUT " + OneContact, 3), ("GET " + Contacts, 4),
        ];
        foreach (var (operation, path) in shown)
        {
            run.Same(operation, before[path], after[path]);
        }
    }

    public async Task DeleteAsync()
    {
        await run.ShowAsync("DELETE " + OneContact, Proof.Success, () => run.Own.DeleteAsync($"{Book}/contacts/{_doomed}"));
        var count = await run.Own.GetAsync(Book);
        run.Note("DELETE " + OneContact, Proof.Effect, count["_count"]["contacts"]!.GetValue<int>() == 1, count.Text);
        await run.ShowAsync("DELETE " + One, Proof.Success, () => run.Own.DeleteAsync($"{Books}/{_doomedBook}"));
        var books = await run.Own.GetAsync(Books);
        run.Note("DELETE " + One, Proof.Effect, books.Body!.AsArray().Count == 1, books.Text);
        await run.World.RestartAsync();
        run.Note("DELETE " + OneContact, Proof.ReadBack, (await run.Own.GetAsync($"{Book}/contacts/{_doomed}")).Status == 404, "it is there again");
        run.Note("DELETE " + One, Proof.ReadBack, (await run.Own.GetAsync($"{Books}/{_doomedBook}")).Status == 404, "it is there again");
    }

    private Task SameAsync(string operation, Func<ApiClient, Task<ApiAnswer>> foreign, Func<ApiClient, Task<ApiAnswer>> unknown) =>
        run.SameAsUnknownAsync(operation, foreign(run.Stranger), unknown(run.Stranger));

    private static IEnumerable<string> Ids(ApiAnswer list) => list.Body!.AsArray().Select(c => c!["id"]!.GetValue<string>());
}
