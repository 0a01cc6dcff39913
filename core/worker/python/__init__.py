"""The worker: loads a WSGI application and serves the lanes of the front.

    main         the life of the process; control: the socket it is told about it
    target       which application is meant; search, script, project, paste: how it is found
    failure      why there is none, and tracebacks as the application's author knows them
    lane         frames, and the thread that serves them
    request      one request: WSGI from the call to close()
    response     what start_response accepts
    body         wsgi.input;  errorlog: wsgi.errors;  filewrapper: wsgi.file_wrapper
    stacks       what the threads are doing
    reload       which files make up the application
    framework    its name and version, for the banner
"""
