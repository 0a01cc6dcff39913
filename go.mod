module modwsgi-express

go 1.26
